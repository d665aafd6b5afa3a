/** R17: a request has one final answer, and none after it. */
import type { CheckerKind } from './checker.ts';

export const answers: CheckerKind = {
  name: 'answers',
  create: ({ report }) => {
    const ended = new Set<number>();
    return {
      observe: (seen) => {
        if (seen.kind !== 'answered') return;
        const { host, request, verb, ticket, result } = seen;
        if (ended.has(request))
          report(
            `${host} answers #${String(request)} (${verb} ${ticket}) once more after its end: ${result ?? 'nothing'}`,
          );
        if (seen.isFinal) ended.add(request);
      },
    };
  },
};
