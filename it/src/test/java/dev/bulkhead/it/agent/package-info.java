/**
 * Tests of the guest's agent from outside: a virtual machine is booted as the runtime does it, and
 * the host's side of the protocol is spoken with the project's own client. What a test asserts is
 * read inside the guest.
 */
package dev.bulkhead.it.agent;
