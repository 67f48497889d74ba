package io.gatehouse.plugins.transform.response;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.ContentCoding;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Kong's response-transformer. A body that no rule can apply to streams on untouched. */
final class ResponseTransformer implements Plugin {
    /** The longest body that is changed. */
    static final long MAX_BODY = 8 << 20;

    private final HeaderRules headers;
    private final JsonRules json;

    ResponseTransformer(ResponseTransformerConfig config) {
        this.headers = new HeaderRules(config);
        this.json = new JsonRules(config);
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        if (json.isEmpty()) {
            return next.proceed(request).map(response -> {
                headers.apply(response.headers());
                return response;
            });
        }
        AcceptedCodings.restrict(request.headers());
        return next.proceed(request).compose(response -> {
            boolean typed = isJson(response.headers().get(HttpHeaders.CONTENT_TYPE));
            if (typed && request.exchange().original().method().equals(HttpMethod.HEAD)) {
                response.headers().remove(HttpHeaders.CONTENT_LENGTH); // that of the body before it is changed
            }
            boolean reads = typed && !response.body().isEmpty();
            ContentCoding coding = ContentCoding.of(response.headers());
            headers.apply(response.headers());
            return reads ? changed(response, coding) : Response.done(response);
        });
    }

    private static Future<Response> refused(Response response, String problem) {
        response.discard();
        return Response.done(Response.failed(Failure.of(FailureKind.INVALID_RESPONSE, problem)));
    }

    private Future<Response> changed(Response response, @Nullable ContentCoding coding) {
        if (coding == null) {
            return refused(
                    response, "a JSON body in a content coding that cannot be undone (expected: gzip or deflate)");
        }
        if (coding != ContentCoding.IDENTITY) {
            response.headers().remove("Content-Encoding");
            response.body(response.body().decoded(coding, MAX_BODY));
        }
        // an answer that breaks off is a failed future, for which the gateway answers as for any that does
        return response.body().buffer(MAX_BODY).compose(fits -> {
            if (!fits) {
                return refused(response, "a JSON body of more than " + MAX_BODY + " bytes, which cannot be changed");
            }
            Buffer changed = json.apply(response.body().bytes());
            return Response.done(changed == null ? response : response.body(Body.of(changed)));
        });
    }

    /** Whether one of the types that are named is JSON; parameters do not count. */
    static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        for (String type : contentType.split(",", -1)) {
            int end = type.indexOf(';');
            String name = (end < 0 ? type : type.substring(0, end)).strip();
            if (name.toLowerCase(Locale.ROOT).equals("application/json")) {
                return true;
            }
        }
        return false;
    }
}
