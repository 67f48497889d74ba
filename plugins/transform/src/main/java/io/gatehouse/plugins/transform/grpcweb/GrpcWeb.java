package io.gatehouse.plugins.transform.grpcweb;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.Framing;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One configured instance. Messages of gRPC-Web are those of gRPC, in Base64 where they are text; what gRPC says in trailers
 * stands in a last frame of the body, since browsers do not show trailers.
 */
final class GrpcWeb implements Plugin {
    private static final String ALLOW_ORIGIN = "Access-Control-Allow-Origin";
    private static final String GRPC = "application/grpc";

    private final GrpcWebConfig config;

    GrpcWeb(GrpcWebConfig config) {
        this.config = config;
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        if (request.method().equals(HttpMethod.OPTIONS)) {
            return Response.done(preflight());
        }
        String type = request.headers().get(HttpHeaders.CONTENT_TYPE);
        Boolean text = isText(type);
        if (type == null || text == null) {
            Response refused = Response.json(
                    400, "{\"message\":\"transcoding requests require a .proto file defining the service\"}");
            refused.headers().set(ALLOW_ORIGIN, config.allowOriginHeader());
            return Response.done(refused);
        }
        asGrpc(request, text);
        return next.proceed(request).map(response -> asWeb(response, type, text));
    }

    /** Whether a type of gRPC-Web is one of text; null when it is none. */
    private static @Nullable Boolean isText(@Nullable String type) {
        if (type == null) {
            return null;
        }
        int parameters = type.indexOf(';');
        return switch ((parameters < 0 ? type : type.substring(0, parameters))
                .trim()
                .toLowerCase(Locale.ROOT)) {
            case "application/grpc-web", "application/grpc-web+proto" -> false;
            case "application/grpc-web-text", "application/grpc-web-text+proto" -> true;
            default -> null;
        };
    }

    private Response preflight() {
        Response allowed = Response.of(200);
        allowed.headers()
                .set(HttpHeaders.CONTENT_TYPE, "application/grpc-web-text+proto")
                .set(ALLOW_ORIGIN, config.allowOriginHeader())
                .set("Access-Control-Allow-Methods", "POST")
                .set("Access-Control-Allow-Headers", "content-type,x-grpc-web,x-user-agent");
        return allowed.body(Body.of(Buffer.buffer("OK")));
    }

    private void asGrpc(Request request, boolean text) {
        request.headers().set(HttpHeaders.CONTENT_TYPE, GRPC).set("TE", "trailers");
        if (!config.passStrippedPath()) {
            RequestHead original = request.exchange().original();
            String query = request.query();
            request.uri(query == null ? original.path() : original.path() + '?' + query);
        }
        if (text) {
            request.body(request.body().transform(Framing.BYTES, new TextDecoder()));
        }
    }

    private Response asWeb(Response response, String type, boolean text) {
        MultiMap headers = response.headers();
        headers.set(ALLOW_ORIGIN, config.allowOriginHeader());
        String answered = headers.get(HttpHeaders.CONTENT_TYPE);
        if (answered == null || !answered.toLowerCase(Locale.ROOT).startsWith(GRPC)) {
            return response; // no gRPC: an error page, say, whose status tells the client enough
        }
        headers.set(HttpHeaders.CONTENT_TYPE, type);
        boolean known = headers.contains("grpc-status"); // then there are neither messages nor trailers
        return known && response.body().isEmpty()
                ? response
                : response.body(response.body().transform(Framing.BYTES, new WebBody(text, known)));
    }
}
