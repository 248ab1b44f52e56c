/**
 * How kubelet writes its volumes, which host and guest both read: the host to tell which are to be
 * followed, the agent to follow them. Uses {@code dev.bulkhead.linux} and nothing else.
 */
package dev.bulkhead.agentapi.kubelet;
