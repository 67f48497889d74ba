package io.gatehouse.plugins.prometheus;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Metrics;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Timings;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The bound series of one route with its service. */
final class RouteSeries {
    private static final double NANOS_PER_MILLI = 1_000_000;

    private final TrafficFamilies families;
    private final String service;
    private final String route;
    private final ConsumerSeries anonymous;
    private final ConcurrentHashMap<String, ConsumerSeries> consumers = new ConcurrentHashMap<>();
    private final Metrics.Histogram.@Nullable Child gateway;
    private final Metrics.Histogram.@Nullable Child upstream;
    private final Metrics.Histogram.@Nullable Child request;
    private final Metrics.Histogram.@Nullable Child internal;

    RouteSeries(TrafficFamilies families, String service, String route) {
        this.families = families;
        this.service = service;
        this.route = route;
        this.anonymous = new ConsumerSeries("");
        TrafficFamilies.Latencies latencies = families.latencies;
        this.gateway = bound(latencies == null ? null : latencies.gateway);
        this.request = bound(latencies == null ? null : latencies.request);
        this.internal = bound(latencies == null ? null : latencies.internal);
        this.upstream = bound(latencies == null ? null : latencies.upstream);
    }

    private Metrics.Histogram.@Nullable Child bound(Metrics.@Nullable Histogram family) {
        return family == null ? null : new Lazy(family, service, route);
    }

    boolean isOf(String serviceName, String routeName) {
        return service.equals(serviceName) && route.equals(routeName);
    }

    void record(Completion completion, String consumer) {
        (consumer.isEmpty() ? anonymous : consumers.computeIfAbsent(consumer, ConsumerSeries::new)).record(completion);
        Timings timings = completion.timings();
        observe(gateway, timings.gateway());
        observe(upstream, timings.upstream());
        observe(request, timings.total());
        observe(internal, timings.internal());
    }

    /** Records a time unless its moment never came: -1 is no sample, 0 is one. */
    private static void observe(Metrics.Histogram.@Nullable Child histogram, long nanos) {
        if (histogram != null && nanos >= 0) {
            histogram.observe(nanos / NANOS_PER_MILLI);
        }
    }

    /** Binds its series with the first value: a route that was never proxied has no series of upstream times. */
    private static final class Lazy implements Metrics.Histogram.Child {
        private final Metrics.Histogram family;
        private final String service;
        private final String route;
        private Metrics.Histogram.@Nullable Child child;

        Lazy(Metrics.Histogram family, String service, String route) {
            this.family = family;
            this.service = service;
            this.route = route;
        }

        @Override
        public void observe(double value) {
            // two threads may both bind: they get the same child
            Metrics.Histogram.Child bound = child;
            if (bound == null) {
                bound = family.with(service, route, TrafficFamilies.WORKSPACE);
                child = bound;
            }
            bound.observe(value);
        }
    }

    /** The bound series of one consumer on this route. */
    private final class ConsumerSeries {
        private static final int CODES_PER_CLASS = 100;
        private static final int CLASSES = 6;

        private final String consumer;
        /** By source and first digit, then by the code's other digits. Filled by whoever needs one first. */
        private final Metrics.Counter.@Nullable Child[] @Nullable [] byCode = new Metrics.Counter.Child[2 * CLASSES][];

        private Metrics.Counter.@Nullable Child ingress;
        private Metrics.Counter.@Nullable Child egress;

        ConsumerSeries(String consumer) {
            this.consumer = consumer;
        }

        void record(Completion completion) {
            Metrics.Counter requests = families.requests;
            if (requests != null) {
                request(requests, completion.status(), completion.source()).add(1);
            }
            Metrics.Counter bandwidth = families.bandwidth;
            if (bandwidth != null) {
                long in = completion.requestBytes();
                if (in > 0) {
                    if (ingress == null) {
                        ingress = bandwidth(bandwidth, "ingress");
                    }
                    ingress.add((double) in);
                }
                long out = completion.responseBytes();
                if (out > 0) {
                    if (egress == null) {
                        egress = bandwidth(bandwidth, "egress");
                    }
                    egress.add((double) out);
                }
            }
        }

        private Metrics.Counter.Child bandwidth(Metrics.Counter family, String direction) {
            return family.with(service, route, direction, TrafficFamilies.WORKSPACE, consumer);
        }

        private Metrics.Counter.Child request(Metrics.Counter family, int status, ResponseSource source) {
            boolean upstreams = source == ResponseSource.UPSTREAM;
            int group = status / CODES_PER_CLASS * 2 + (upstreams ? 1 : 0);
            Metrics.Counter.@Nullable Child @Nullable [] codes = byCode[group];
            if (codes == null) {
                codes = new Metrics.Counter.Child[CODES_PER_CLASS];
                byCode[group] = codes;
            }
            Metrics.Counter.Child child = codes[status % CODES_PER_CLASS];
            if (child == null) {
                child = family.with(
                        service,
                        route,
                        Integer.toString(status),
                        upstreams ? "service" : "kong",
                        "",
                        TrafficFamilies.WORKSPACE,
                        consumer);
                codes[status % CODES_PER_CLASS] = child;
            }
            return child;
        }
    }
}
