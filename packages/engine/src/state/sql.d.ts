/** Lets the migrations be imported as text. */
declare module "*.sql" {
  const text: string;
  export default text;
}
