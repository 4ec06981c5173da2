package io.tidegate.presentation;

/** What an initiator has to prove before it may log in. */
public sealed interface LoginRule {

    /** AuthMethod None will do. */
    record Open() implements LoginRule {}

    /**
     * CHAP is asked for (RFC 7143, 12.1.3).
     *
     * @param credentials the secrets, in clear; never logged, never kept longer than the login
     */
    record Chap(ChapCredentials credentials) implements LoginRule {}

    /** No host has this initiator: login is refused as not authorised. */
    record Refused(String reason) implements LoginRule {}
}
