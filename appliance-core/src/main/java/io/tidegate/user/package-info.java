/**
 * Administrators: roles, passwords, public keys, and how they are let in.
 *
 * <p>Knows the catalog; knows nothing of SSH beyond the text form of a public key. What a role may
 * do with a command is the command tree's affair.
 */
@NullMarked
package io.tidegate.user;

import org.jspecify.annotations.NullMarked;
