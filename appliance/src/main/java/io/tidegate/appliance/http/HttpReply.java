package io.tidegate.appliance.http;

/**
 * An answer.
 *
 * @param status HTTP status code
 * @param contentType with its character set
 */
public record HttpReply(int status, String contentType, String body) {

    public static HttpReply text(int status, String body) {
        return new HttpReply(status, "text/plain; charset=utf-8", body);
    }
}
