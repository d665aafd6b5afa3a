/** Faults that booth has had, or that daemons like it have, by name; and the mutants that bring each back. */
export const historicFaults: Readonly<Record<string, readonly string[]>> = {
  'lease counted from the acks': ['lease-from-acks', 'lease-from-the-resend'],
  'validity in heartbeats counted from the old lease': ['heartbeat-with-the-rest-of-the-lease'],
  'arbitrator forgets over a restart': ['arbitrator-forgets', 'votes-are-not-remembered'],
  'vote twice in a term': ['vote-twice-in-a-term'],
  'step-down bypasses a live promise': ['step-down-bypasses-a-promise'],
  'stale step-down request played again': ['stale-step-down'],
  'endless election with the ticket still granted after a restart in the minority': [
    'endless-election-while-granted',
  ],
  'double grant after reconnection': ['holder-takes-it-back'],
  'commit before quorum': ['commit-with-the-votes'],
  'expired grant kept from the CIB': ['expired-grant-kept'],
  'wall clock used for leases': ['wall-clock-for-leases'],
  'pause past the lease honoured late': ['paused-past-the-lease'],
  'ack sent before fsync': ['ack-before-fsync'],
  'journal tail torn and accepted': ['torn-frame-believed', 'torn-tail-accepted'],
  'reboot treated as restart': ['reboot-taken-for-a-restart'],
  'a voter whose candidate vanished acquires a revoked ticket': ['voter-acquires-a-revoked-ticket'],
  'higher term heard and no revoke in the cluster': ['higher-term-and-no-revoke'],
  'a waiting grant executed again when its client hangs up': [
    'hang-up-executes-again',
    'hang-up-clears-the-delay',
  ],
  'a failed commit told as success': ['failed-commit-told-as-success'],
  'authentication skipped when a key is configured': ['auth-skipped', 'mac-not-compared'],
  'MAC of a bad hash id accepted': ['unknown-hash-accepted'],
};
