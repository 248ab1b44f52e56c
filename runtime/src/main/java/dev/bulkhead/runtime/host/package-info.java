/**
 * What this host has to offer: {@code check}, which looks whether containers can run, and {@code
 * env}, which tells what they would run with. Looking changes nothing on the host.
 */
package dev.bulkhead.runtime.host;
