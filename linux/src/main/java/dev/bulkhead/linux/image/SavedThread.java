package dev.bulkhead.linux.image;

import dev.bulkhead.linux.Registers;
import dev.bulkhead.linux.Tracee;

/**
 * A thread that waits in a system call.
 *
 * @param id its number in the process's own PID namespace
 * @param extended its registers of floating point and vectors
 * @param signalMask the signals that it blocks
 * @param clearAtEnd an address that the kernel clears when the thread ends; 0 for none
 */
record SavedThread(
    int id,
    Registers registers,
    byte[] extended,
    long signalMask,
    Tracee.RobustList robustList,
    Tracee.RestartableSequence sequence,
    long clearAtEnd) {}
