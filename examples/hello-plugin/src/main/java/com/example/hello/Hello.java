package com.example.hello;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Metrics;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.Route;
import io.vertx.core.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Greets every response on its way out, counts the greetings, and tells of them in the log. */
final class Hello implements Plugin {
    private static final Logger LOG = LoggerFactory.getLogger(Hello.class);

    private final String greeting;
    private final Metrics.Counter greetings;

    Hello(String greeting, Metrics.Counter greetings) {
        this.greeting = greeting;
        this.greetings = greetings;
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        return next.proceed(request).map(response -> {
            response.headers().set("X-Hello", greeting);
            return response;
        });
    }

    @Override
    public void log(Completion completion) {
        Route route = completion.exchange().route();
        String name = route == null ? "" : route.displayName();
        greetings.with(name).add(1);
        LOG.info("greeted route={} status={} bytes={}", name, completion.status(), completion.responseBytes());
    }
}
