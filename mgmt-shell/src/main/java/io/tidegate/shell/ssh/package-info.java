/**
 * The SSH server (RFC 4251 to 4254) on Apache MINA SSHD: algorithms, host key, log-in with
 * back-off, channels. MINA interrupts its own threads, so every command and every log-in check runs
 * on threads of ours that nobody interrupts; MINA's threads only move bytes.
 */
@NullMarked
package io.tidegate.shell.ssh;

import org.jspecify.annotations.NullMarked;
