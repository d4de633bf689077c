/** Splits a text as a POSIX shell splits a command line into words, without expansions. */

/** A quote that is not closed ends with the text. */
export function splitShellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const c = text[at] ?? "";
    if (quote === "'") {
      if (c === "'") quote = "";
      else word = (word ?? "") + c;
    } else if (c === "\\" && (quote === "" || /["\\$`]/.test(text[at + 1] ?? ""))) {
      at++;
      word = (word ?? "") + (text[at] ?? "");
    } else if (quote === '"') {
      if (c === '"') quote = "";
      else word = (word ?? "") + c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + c;
    }
  }
  return word === undefined ? words : [...words, word];
}
