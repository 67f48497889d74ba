package io.gatehouse.plugins.traffic.correlation;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.WireText;
import io.gatehouse.plugins.support.HeaderName;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import java.util.function.Supplier;

/** Kong's correlation-id. It stands outermost, so that every answer can carry the id. */
final class CorrelationId implements Plugin {
    private final HeaderName name;
    private final CharSequence header;
    private final boolean echo;
    private final Supplier<String> generator;

    CorrelationId(CorrelationIdConfig config, Supplier<String> generator) {
        this.name = HeaderName.of(config.headerName());
        this.header = HttpHeaders.createOptimized(config.headerName());
        this.echo = config.echoDownstream();
        this.generator = generator;
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        String sent = name.first(request.headers());
        String id;
        if (sent == null || sent.isEmpty()) {
            id = generator.get();
            request.headers().set(header, id);
        } else {
            id = sent;
        }
        request.exchange().logField("correlation_id", WireText.decode(id));
        if (!echo) {
            return next.proceed(request);
        }
        return next.proceed(request).map(response -> {
            response.headers().set(header, id);
            return response;
        });
    }
}
