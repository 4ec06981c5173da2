package io.tidegate.catalog;

import io.tidegate.audit.Request;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** What requests with an id were answered with, so that a repeat gets the same. */
final class FirstResults {

    private record Kept(String user, String command, String result) {}

    private FirstResults() {}

    static <T> Optional<T> find(Handle handle, Request who, Class<T> type) throws ServiceException {
        if (who.requestId().isEmpty()) {
            return Optional.empty();
        }
        String id = who.requestId().get();
        Optional<Kept> kept =
                handle.createQuery(
                                "select user_name, command, result from request_result"
                                        + " where request_id = ?")
                        .bind(0, id)
                        .map(
                                (rs, ctx) ->
                                        new Kept(rs.getString(1), rs.getString(2), rs.getString(3)))
                        .findOne();
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        if (!kept.get().user().equals(who.user()) || !kept.get().command().equals(who.command())) {
            throw ServiceException.conflict(
                    "request id " + id + " was used before",
                    "it belongs to another command or another user",
                    "repeat with a new --request-id");
        }
        return Optional.of(Json.value(kept.get().result(), type));
    }

    static void keep(Tx tx, Request who, Object result) {
        if (who.requestId().isEmpty()) {
            return;
        }
        tx.handle()
                .createUpdate(
                        "insert into request_result (request_id, user_name, command, at, result)"
                                + " values (:id, :user, :command, :at, :result)")
                .bind("id", who.requestId().get())
                .bind("user", who.user())
                .bind("command", who.command())
                .bind("at", tx.nowMillis())
                .bind("result", Json.text(result))
                .execute();
    }
}
