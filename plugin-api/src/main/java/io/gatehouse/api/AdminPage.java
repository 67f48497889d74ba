package io.gatehouse.api;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A page of the Admin API that a plugin instance serves, below the plugin's name: what it holds, to be looked at or emptied.
 *
 * <pre>{@code
 * context.admin(HttpMethod.DELETE, "/", path -> {                      // DELETE /hello
 *   greetings.clear();
 *   return Future.succeededFuture(AdminPage.Answer.of(204));
 * });
 * context.admin(HttpMethod.GET, "/:name", path -> context.blocking(() -> find(path.get("name"))));   // GET /hello/world
 * }</pre>
 *
 * <p>Of several instances of a plugin each may have the same page. To read, one after the other is asked until one answers with
 * another status than 404. To delete, all are asked, and the first answer with another status than 404 is given. A parameter
 * {@code :plugin_id} leads to the instance of that plugin entity only.
 *
 * <p>An instance fails with a failed future, a throw, or an answer that takes more than 10 seconds. That is logged, the others are
 * asked all the same, and the answer is 500 with the ids of those that failed; to read only where no other instance has something.
 *
 * <p>Thread rule: called on an event loop, must not block; the future may complete on any thread.
 */
@FunctionalInterface
public interface AdminPage {
    /**
     * Answers a request.
     *
     * @param path the parameters of the path, decoded, by their names without the colon
     */
    Future<Answer> answer(Map<String, String> path);

    /**
     * An answer.
     *
     * @param status 200 to 599
     * @param json the body, as JSON; null for none
     */
    record Answer(int status, @Nullable Buffer json) {
        /** Checks the status. */
        public Answer {
            if (status < 200 || status > 599) {
                throw new IllegalArgumentException("status: " + status + " (expected: 200-599)");
            }
        }

        /** An answer without a body; to 404 the gateway adds Kong's. */
        public static Answer of(int status) {
            return new Answer(status, null);
        }

        /** An answer with 200 and a body. */
        public static Answer json(Buffer json) {
            return new Answer(200, Objects.requireNonNull(json, "json"));
        }
    }
}
