/** Words for names that nobody chose: a friendly adjective and the surname of somebody worth remembering. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const ADJECTIVES: readonly string[] = words(`
  able alert ample apt artful astute bold brave breezy bright brisk bubbly calm candid careful cheerful chipper
  civil clear clever cosy crafty crisp curious daring deft earnest eager easy epic exact fair famous fleet fond
  frank fresh friendly gallant gentle giddy glad golden grand handy happy hardy hearty honest hopeful humble
  ideal jaunty jolly joyful keen kind lively loyal lucid lucky mellow merry mighty mild modest neat nifty nimble
  noble patient peaceful plucky polite precise prompt proud quaint quick quiet rapid ready robust rosy serene
  sharp shiny silent sincere sleek smart smiling snug sound spry steady stoic sturdy sunny swift tender thorough
  thrifty tidy tranquil trusty upbeat valiant vivid warm wise witty zany zealous zesty
`);

export const SURNAMES: readonly string[] = words(`
  abel agnesi ampere anning archimedes avogadro babbage banneker bardeen becquerel bell bernoulli blackwell bohr
  boole born bose boyle brahe brahmagupta braille burnell cannon cantor carson carver cauchy cavendish cerf
  chandra copernicus cori curie dalton darwin davinci diffie dijkstra dirac earhart easley eddington edison
  einstein elion erdos euclid euler faraday fermat fermi feynman fibonacci fleming fourier franklin galileo galois
  galvani gauss germain goodall gutenberg haber hamilton hawking heisenberg helmholtz herschel hertz hilbert
  hodgkin hooke hopper hubble humboldt huygens hypatia jackson joule kepler kirchhoff knuth kovalevsky lagrange
  lamarr laplace lavoisier leakey leavitt lederberg leibniz linnaeus lister lovelace lumiere mayer maxwell
  mcclintock meitner mendel mendeleev merian mirzakhani moser napier nash newton nightingale noether ohm
  oppenheimer pascal pasteur pauling payne perlman planck poincare ptolemy pythagoras ramanujan ride ritchie
  rontgen rubin rutherford sagan schrodinger shannon shockley somerville spence swirles tesla thales thompson
  torricelli turing villani volta wallace watt wiles wilson wing wozniak wright wu yalow yonath
`);
