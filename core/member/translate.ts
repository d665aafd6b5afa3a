/** From a ticket's effects to the member's: names, units, the sender and the mark filled in. */
import type { Instant } from '../base/instant.ts';
import { msBetween } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import type { CommitEffect, TicketEffect } from '../ticket/effect.ts';
import type { ResultCode } from '../wire/message.ts';
import { validForOfMs } from '../wire/valid-for.ts';
import type { MemberEffect } from './effect.ts';
import type { Member, Moment, TicketSlot } from './model.ts';
import { refuse } from './refusal.ts';

export interface Translation {
  readonly member: Member;
  readonly moment: Moment;
  readonly slot: TicketSlot;
}

/** One effect of a ticket, as effects of the member. */
export function translate(scene: Translation, effect: TicketEffect): readonly MemberEffect[] {
  const { member, slot } = scene;
  const ticket = slot.config.name;
  switch (effect.kind) {
    case 'persist':
      return [{ kind: 'persist', ticket, record: effect.record }];
    case 'send': {
      const { validForMs, ...message } = effect.message;
      const { config, self } = member.setup;
      const validFor = validForOfMs(validForMs, config.leaseUnit);
      const { leaseUnit } = config;
      const whole = { ...message, from: self.id, ticket, validFor, isMarked: true, leaseUnit };
      return [{ kind: 'send', ticket, to: effect.to, message: whole, isResend: effect.isResend }];
    }
    case 'commit':
      return [commitOf(scene, effect)];
    case 'run-handler':
      return handlerOf(scene, effect.leaseUntil);
    case 'stop-handler':
      return [{ kind: 'stop-handler', ticket }];
    case 'answer':
      return answerTicketRequest(scene, effect.request, effect);
    case 'event':
      return [
        {
          kind: 'event',
          ticket,
          event: {
            ...effect.event,
            message: `${ticket}: ${effect.event.message}`,
            fields: { ticket, ...effect.event.fields },
          },
        },
      ];
    case 'refused':
      return refuse(member, effect.from, effect.reason);
  }
}

function commitOf({ member, moment, slot }: Translation, commit: CommitEffect): MemberEffect {
  const ticket = slot.config.name;
  const until = commit.leaseUntil ?? slot.state.promise?.until ?? moment.now;
  const expiresMs = moment.epochMs + msBetween(moment.now, until);
  return {
    kind: 'commit',
    ticket,
    sequence: commit.sequence,
    change: {
      ticket,
      granted: commit.granted,
      owner: commit.owner,
      expiresEpochSecs: Math.round(expiresMs / 1000),
      term: commit.term,
      configName: member.setup.config.name,
      leaseUntil: commit.leaseUntil,
    },
  };
}

function handlerOf(
  { member, moment, slot }: Translation,
  leaseUntil: Instant | null,
): readonly MemberEffect[] {
  const { config, self } = member.setup;
  const { handler, name } = slot.config;
  if (handler === null) return [];
  const expiresMs = moment.epochMs + msBetween(moment.now, leaseUntil ?? moment.now);
  const environment = {
    BOOTH_TICKET: name,
    BOOTH_LOCAL: self.address.text,
    BOOTH_CONF_NAME: config.name,
    BOOTH_CONF_PATH: config.path,
    BOOTH_TICKET_EXPIRES: String(Math.round(expiresMs / 1000)),
  };
  return [{ kind: 'run-handler', ticket: name, run: { ticket: name, handler, environment } }];
}

function answerTicketRequest(
  { member, moment, slot }: Translation,
  request: number,
  { result, isFinal, leader }: { result: ResultCode; isFinal: boolean; leader: MemberId | null },
): readonly MemberEffect[] {
  const pending = member.requests.get(request);
  if (pending === undefined) return [];
  if (isFinal) member.requests.delete(request);
  const { state, config } = slot;
  const until = state.lease?.until ?? state.promise?.until ?? moment.now;
  const leftMs = Math.max(0, msBetween(moment.now, until));
  return [
    {
      kind: 'answer',
      ticket: config.name,
      connection: pending.connection,
      isFinal,
      answer: {
        form: 'ticket',
        result,
        ticket: config.name,
        leader,
        term: state.term,
        validFor: validForOfMs(leftMs, member.setup.config.leaseUnit),
      },
    },
  ];
}
