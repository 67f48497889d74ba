package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.Target;
import io.gatehouse.core.balancer.Address;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.balancer.HashKey;
import io.gatehouse.core.exchange.AttemptListener;
import io.gatehouse.core.exchange.LiveExchange;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A service whose host is an upstream: each try goes to an address that the balancer chooses. Any thread. */
final class BalancedService {
    /** Targets of addresses that are gone are forgotten all at once when there are more. */
    private static final int MOST_TARGETS = 10_000;

    private final Upstreams upstreams;
    private final Target service;
    private final int retries;
    private final Balancer balancer;
    private final Map<Address, Target> targets = new ConcurrentHashMap<>();

    BalancedService(Upstreams upstreams, Target service, int retries, Balancer balancer) {
        this.upstreams = upstreams;
        this.service = service;
        this.retries = retries;
        this.balancer = balancer;
    }

    Future<Response> send(LiveExchange exchange, Request request) {
        Tries tries = new Tries(exchange, request);
        Future<Void> ready = balancer.ready();
        return ready == null ? tries.next(null) : exchange.adopt(ready).compose(v -> tries.next(null));
    }

    private Target target(Address address) {
        Target known = targets.get(address);
        if (known != null) {
            return known;
        }
        if (targets.size() >= MOST_TARGETS) {
            targets.clear();
        }
        return targets.computeIfAbsent(address, this::made);
    }

    private Target made(Address address) {
        Target.Builder target = Target.to(service.scheme(), serverName(address), address.port())
                .connectTimeout(service.connectTimeout())
                .readTimeout(service.readTimeout())
                .writeTimeout(service.writeTimeout())
                .http2(service.http2())
                .tlsOptions(service.tlsOptions());
        String hostHeader = balancer.upstream().hostHeader();
        if (hostHeader != null) {
            boolean complete = hostHeader.lastIndexOf(':') > hostHeader.lastIndexOf(']')
                    || address.port() == (service.tls() ? 443 : 80);
            target.hostHeader(complete ? hostHeader : hostHeader + ':' + address.port());
        }
        return target.build();
    }

    /** What a certificate must be for, and what TLS asks for. */
    private String serverName(Address address) {
        String hostHeader = balancer.upstream().hostHeader();
        if (hostHeader == null || !service.tls()) {
            return address.name();
        }
        int colon = hostHeader.lastIndexOf(':');
        return colon > hostHeader.lastIndexOf(']') ? hostHeader.substring(0, colon) : hostHeader;
    }

    /** The tries of one request. Confined to its event loop. */
    private final class Tries {
        private final LiveExchange exchange;
        private final Request request;
        private final HashKey key;
        private int left = retries;
        private @Nullable List<Address> failed;

        Tries(LiveExchange exchange, Request request) {
            this.exchange = exchange;
            this.request = request;
            this.key = balancer.key(exchange, request);
        }

        Future<Response> next(@Nullable Response before) {
            if (exchange.ended() || request.isCancelled()) {
                return Future.succeededFuture(
                        exchange.errors().failed(exchange, Failure.of(FailureKind.CANCELLED, "nobody waits for it")));
            }
            Address address = balancer.pick(key, failed);
            if (address == null) {
                Failure failure = before == null ? null : before.failure();
                return Future.succeededFuture(
                        failure != null
                                ? exchange.errors().nobodyLeft(exchange, failure)
                                : exchange.errors()
                                        .gateway(exchange, 503, "failure to get a peer from the ring-balancer"));
            }
            Future<Response> answer = upstreams
                    .of(exchange)
                    .send(exchange, request, target(address), address.socketAddress(), new Try(address));
            if (left == 0 && key.setCookie() == null) {
                return answer;
            }
            return answer.compose(response -> {
                Failure failure = response.failure();
                if (left > 0 && failure != null && !exchange.ended() && Upstreams.mayRepeat(request, failure)) {
                    left--;
                    if (failed == null) {
                        failed = new ArrayList<>(2);
                    }
                    failed.add(address);
                    return next(response);
                }
                if (key.setCookie() != null) {
                    setCookie(response, key.setCookie());
                }
                return Future.succeededFuture(response);
            });
        }

        /** A cookie of that name that the upstream sets gives way. */
        private void setCookie(Response response, String cookie) {
            List<String> set = new ArrayList<>(response.headers().getAll("Set-Cookie"));
            String name = cookie.substring(0, cookie.indexOf('=') + 1);
            set.removeIf(one -> one.startsWith(name));
            set.add(cookie);
            response.headers().set("Set-Cookie", set);
        }
    }

    /** One try, as the balancer hears of it. */
    private final class Try implements AttemptListener {
        private final Address address;
        private boolean answered;

        Try(Address address) {
            this.address = address;
            balancer.begun(address);
        }

        @Override
        public void answered(int status, long nanos) {
            answered = true;
            balancer.answered(address, status, nanos);
        }

        @Override
        public void ended(@Nullable Failure failure) {
            balancer.ended(address, answered ? null : failure);
        }
    }
}
