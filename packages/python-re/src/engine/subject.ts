import type { Alphabet } from './alphabet.ts';

/**
 * The string being matched, as classes of the alphabet. One per set; every matcher of the set reads it.
 *
 * The names of a model come in an order, each beginning as the one before; and whoever asks about a parameter asks about its
 * module next. So what was read of one string serves the next, as far as both are the same.
 */
export class Subject {
  classes: Int32Array = new Int32Array(256);
  length = 0;
  /** Changes with every string, unless it is a beginning of the one before. */
  edition = 0;
  /** At least so many classes has this edition in common with the one before. */
  kept = 0;
  /** The string of this edition; '' unless each of its characters is one class. */
  #text = '';

  /** Takes `text` as the string to be matched; returns false when it has a newline, and cannot be. */
  load(text: string, alphabet: Alphabet): boolean {
    // Quicker than `startsWith`, which compares character by character.
    const beginning = this.#text.slice(0, text.length);
    if (beginning === text) {
      this.length = text.length;
      return true;
    }
    if (text.length > this.classes.length) {
      const larger = new Int32Array(text.length * 2);
      larger.set(this.classes);
      this.classes = larger;
    }
    this.kept = alphabet.common(text, this.classes);
    this.length = alphabet.translate(text, this.classes, this.kept);
    this.edition++;
    this.#text = this.length === text.length ? text : '';
    return this.length >= 0;
  }
}
