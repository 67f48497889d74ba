package io.gatehouse.core.admin;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Reads a multipart form. A part that is a file is a field like any other, as in Kong, and nothing of it is written to disk:
 * there may be secrets in it. Made anew for each request; used on its event loop.
 */
final class MultipartForm {
    private final RoutingContext context;
    private final long limit;
    private long size;

    private MultipartForm(RoutingContext context, long limit) {
        this.context = context;
        this.limit = limit;
    }

    static boolean isOne(RoutingContext context) {
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        return type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data");
    }

    /**
     * Goes on when all parts are among the form's attributes.
     *
     * @param limit how many bytes a body has at most
     */
    static void read(RoutingContext context, long limit) {
        new MultipartForm(context, limit).read();
    }

    private void read() {
        HttpServerRequest request = context.request();
        request.setExpectMultipart(true);
        request.handler(chunk -> {
            size += chunk.length();
            if (isTooLong() && !context.failed()) {
                context.fail(413);
            }
        });
        request.uploadHandler(part -> {
            Buffer text = Buffer.buffer();
            part.handler(bytes -> {
                if (!isTooLong()) {
                    text.appendBuffer(bytes);
                }
            });
            part.endHandler(
                    nothing -> request.formAttributes().add(part.name(), text.toString(StandardCharsets.UTF_8)));
        });
        request.exceptionHandler(malformed -> {
            if (!context.failed()) {
                context.fail(400, malformed);
            }
        });
        request.endHandler(nothing -> {
            if (!context.failed()) {
                context.next();
            }
        });
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            context.response().writeContinue();
        }
    }

    private boolean isTooLong() {
        return size > limit;
    }
}
