package com.example.mask;

import io.gatehouse.api.Metrics;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.ContentCoding;
import io.gatehouse.api.body.Framing;
import io.vertx.core.Future;

/** One configured instance: puts a transform into every answer that it can read. */
final class Mask implements Plugin {
    /** How many bytes may come of one compressed answer. */
    private static final long MAX_DECODED = 100 << 20;

    private final Words words;
    private final Metrics.Counter.Child masked;

    Mask(MaskConfig config, Metrics.Counter.Child masked) {
        this.words = new Words(config);
        this.masked = masked;
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        request.headers().remove("Range"); // a part of an answer could begin in the middle of a word
        request.headers().remove("Upgrade"); // frames of a WebSocket are no text that could be looked into
        return next.proceed(request).map(response -> {
            ContentCoding coding = ContentCoding.of(response.headers());
            if (response.body().isEmpty()) {
                return response;
            }
            if (coding == null) {
                // what cannot be looked into is not passed on
                response.discard();
                return Response.error(502, "An answer in a coding that cannot be checked");
            }
            response.headers().remove("Content-Encoding");
            response.headers().remove("ETag"); // it named other bytes
            return response.body(response.body()
                    .decoded(coding, MAX_DECODED)
                    .transform(Framing.BYTES, new MaskTransform(words, () -> masked.add(1))));
        });
    }
}
