/** What each checker stands for, in a sentence, for a reader of its violation. */
const sentences: Readonly<Record<string, string>> = {
  'mutual-exclusion':
    'the promise itself: a ticket never runs at two sites, and what stops gets acquire-after first (R1 to R9)',
  promises:
    'who has acked a holder helps nobody else before that promise is over, nor while the ticket runs at home (R2, R5, R7, R8)',
  'lease-end':
    'at the end of its lease a holder has renewed it, or revoked in its cluster (R6, R8, R13)',
  'late-renewal': 'a lease that ended is given up before anything else is done (R6)',
  'quorum-first':
    'no cluster has a ticket granted before a quorum acked the holder in that term (R1, R9)',
  revoked:
    'what an operator was told is revoked runs nowhere until an operator asks again (R15, R16)',
  told: 'an operator who is told "granted" can rely on it: the cluster had it by then (R16, R17)',
  answers: 'a request has one final answer (R17)',
  'executed-once': 'a request is executed once (R17)',
  'refused-while-held': 'a grant is refused at once where the holder is known (R10)',
  'terms-and-votes': 'one vote a term, and terms never go back (R4, R11, R16)',
  'unreachable-sites': 'a grant waits for sites that cannot be asked, unless it is forced (R10)',
  'swift-elections':
    'a candidate that a quorum voted for leads at once, whoever else is dead (R12)',
  journal: 'what a member says is on its disk before it leaves (R3, R4, R7)',
  'journal-prefixes':
    'whatever prefix of a journal survives tells of a state that its member was in (R3, R4, R11)',
  liveness:
    'after the faults every ticket comes to rest: one holder, and every member names it (R12)',
};

/** The sentence and where the checker is; for one without a sentence the place alone. */
export function brokenRule(checker: string): string {
  const sentence = sentences[checker];
  const place = `test/simulation/checkers/${checker}.ts`;
  return sentence === undefined ? place : `${sentence}\n  judged by ${place}`;
}
