/** A source of randomness given from outside, so that a seed replays a run exactly. */
export interface Random {
  /** A number at or above 0 and below 1. */
  next(): number;
  /** A 32-bit unsigned integer. */
  nextU32(): number;
}

/** The same seed gives the same sequence on every machine (sfc32 seeded through splitmix32). */
export function seededRandom(seed: number): Random {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let word = mix ^ (mix >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
  let [a, b, c, counter] = [splitmix(), splitmix(), splitmix(), 1];
  const nextU32 = (): number => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  for (let round = 0; round < 12; round += 1) nextU32();
  return { nextU32, next: () => nextU32() / 0x1_0000_0000 };
}
