/**
 * When a site stands for election after a loss. Each site draws from a slot of its own, so that
 * two rarely collide: higher `weights` first, then earlier in booth.conf (design: "Timing").
 */
import type { TicketContext } from './context.ts';

const JITTER_MS_MAX = 1000;

/** 0 up to min(timeout, 1 s), in this site's slot. */
export function jitterMs(context: TicketContext): number {
  const sites = context.members.filter((member) => member.role === 'site');
  const weightOf = (index: number): number => context.config.weights[index] ?? 0;
  const ranked = sites
    .map((site, index) => ({ site, index }))
    .sort((a, b) => weightOf(b.index) - weightOf(a.index) || a.index - b.index);
  const slot = ranked.findIndex(({ site }) => site.id === context.self.id);
  const slotMs = Math.min(context.config.timeoutMs, JITTER_MS_MAX) / Math.max(1, sites.length);
  return Math.floor((Math.max(0, slot) + context.random.next()) * slotMs);
}
