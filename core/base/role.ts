/** What a member may do: a site can hold tickets, an arbitrator only votes. */
export type MemberRole = 'site' | 'arbitrator';
