import { lengthOf } from './length';

/** Splits a text into messages of at most `longest` characters: between paragraphs, lines or words where possible. */
export function splitText(text: string, longest: number): string[] {
  const messages: string[] = [];
  let rest = text.trim();
  while (lengthOf(rest) > longest) {
    const most = start(rest, longest);
    const piece = most.slice(0, breakIn(most, ['\n\n', '\n', ' '], most.length / 2));
    messages.push(piece.trimEnd());
    // The indentation of the next line is kept.
    rest = rest.slice(piece.length).replace(/^(?:\s*\n| +)/, '');
  }
  return [...messages, rest].filter((message) => message.trim() !== '');
}

/** Longest word that is cut off as a whole. */
const LONGEST_WORD = 100;

/** Returns the first words of a text, with at most `longest` characters. */
export function cutText(text: string, longest: number): string {
  const most = start(text, longest);
  return most === text ? text : most.slice(0, breakIn(most, ['\n', ' '], most.length - LONGEST_WORD)).trimEnd();
}

/** Returns the index of the last separator after `earliest`, or the end. The first kind of separator that is found wins. */
function breakIn(text: string, separators: readonly string[], earliest: number): number {
  const found = separators.map((separator) => text.lastIndexOf(separator)).find((index) => index > earliest);
  return found ?? text.length;
}

/** Returns the first characters of a text. */
function start(text: string, count: number): string {
  let end = 0;
  for (const character of text) {
    if (count-- === 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}
