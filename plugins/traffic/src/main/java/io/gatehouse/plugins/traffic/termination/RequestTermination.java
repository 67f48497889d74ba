package io.gatehouse.plugins.traffic.termination;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.WireText;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.json.JsonWriter;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.HeaderName;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kong's request-termination: the answer is made when the instance is, but for echoes. */
final class RequestTermination implements Plugin {
    /** The longest body that is echoed. */
    static final long MAX_ECHO = 1 << 20;

    private static final String JSON = "application/json; charset=utf-8";

    private static final Map<Integer, String> MESSAGES = Map.of(
            401, "Unauthorized",
            404, "Not found",
            405, "Method not allowed",
            500, "An unexpected error occurred",
            502, "Bad Gateway",
            503, "Service unavailable");

    private final RequestTerminationConfig config;
    private final @Nullable HeaderName trigger;
    private final @Nullable String message;
    private final @Nullable Buffer answer;
    private final @Nullable String contentType;

    RequestTermination(RequestTerminationConfig config) {
        this.config = config;
        this.trigger = config.trigger() == null ? null : HeaderName.of(config.trigger());
        this.message = config.message() != null ? config.message() : MESSAGES.get(config.statusCode());
        String body = config.body();
        if (body != null) {
            this.answer = Buffer.buffer(body);
            this.contentType = config.contentType();
        } else if (message != null) {
            this.answer = JsonWriter.write(Map.of("message", message));
            this.contentType = JSON;
        } else {
            this.answer = null;
            this.contentType = null;
        }
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        if (trigger != null && !isTriggered(request, trigger)) {
            return next.proceed(request);
        }
        if (!config.echo()) {
            return Response.done(answer());
        }
        return request.body()
                .buffer(MAX_ECHO)
                .map(fits -> fits ? echo(request) : Response.error(413, "Payload too large"));
    }

    private static boolean isTriggered(Request request, HeaderName trigger) {
        return trigger.first(request.headers()) != null
                || Arguments.of(request.exchange().original().query()).contains(trigger.toString());
    }

    private Response answer() {
        Response response = Response.of(config.statusCode());
        if (contentType != null) {
            response.headers().set("Content-Type", WireText.encode(contentType));
        }
        return answer == null ? response : response.body(Body.of(answer));
    }

    private Response echo(Request request) {
        Buffer json = Echo.of(request.exchange(), message, request.body().bytes());
        Response response = Response.of(config.statusCode()).body(Body.of(json));
        response.headers().set("Content-Type", JSON);
        return response;
    }
}
