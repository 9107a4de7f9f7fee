// Locks with leases and their text protocol: one request, one answer.
//   LOCK name who ms -> GRANTED, for ms milliseconds from now (again when `who` has it), or HELD other
//   FREE name who    -> OK, HELD other, or NONE
//   WHO name         -> HELD who, or NONE
// Anything else, a word too long and a full table answer ERR and a reason.
#ifndef LOCKS_H
#define LOCKS_H

#include "bytes.h"

#define LOCKS_MAX 32
#define WORD_MAX 24
#define LEASE_MS_MAX 60000UL

extern unsigned long locks_granted, locks_expired;

// Serves one request of `length` bytes, which may end in newlines. Writes the answer and returns its length.
unsigned locks_serve(const char *request, unsigned length, char *reply);
// The timer's interrupt is pending: ends the leases that are over, and sets the timer for the next.
void locks_expire(void);

#endif
