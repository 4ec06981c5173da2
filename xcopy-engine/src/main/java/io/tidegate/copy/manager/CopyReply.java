package io.tidegate.copy.manager;

/**
 * The answer to a copy command.
 *
 * @param status SAM status code, such as 00h GOOD or 02h CHECK CONDITION
 * @param sense sense data in fixed format; empty with GOOD
 * @param dataIn what goes to the host, already cut to the allocation length; may be empty
 */
public record CopyReply(int status, byte[] sense, byte[] dataIn) {}
