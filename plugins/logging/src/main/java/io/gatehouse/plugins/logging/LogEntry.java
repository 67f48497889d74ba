package io.gatehouse.plugins.logging;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Key;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.Timings;
import io.gatehouse.api.json.JsonWriter;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The log entry of an exchange: Kong's fields, the {@code ai} block, and under {@code gatehouse} how the exchange ended.
 *
 * <p>Thread rule: the exchange's event loop.
 */
public final class LogEntry {
    /** What stands for a value that must not be shown. */
    public static final String REDACTED = "REDACTED";

    private static final Key<Buffer> WRITTEN = Key.of("log entry");
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final String WORKSPACE_NAME = "default";
    private static final String WORKSPACE = UUID.nameUUIDFromBytes("workspace/default".getBytes(StandardCharsets.UTF_8))
            .toString();

    /** Names under which upstreams, LLM providers among them, take credentials in the query: never shown. */
    private static final Set<String> UPSTREAM_CREDENTIALS = Set.of(
            "access_token",
            "api-key",
            "api_key",
            "apikey",
            "key",
            "password",
            "secret",
            "sig",
            "signature",
            "token",
            "x-amz-credential",
            "x-amz-security-token",
            "x-amz-signature");

    private LogEntry() {}

    /** The entry as JSON in one line, without a line end. Made once per completion; not to be changed. */
    public static Buffer json(Completion completion) {
        Buffer written = completion.attributes().get(WRITTEN);
        if (written == null) {
            written = JsonWriter.write(tree(completion));
            completion.attributes().set(WRITTEN, written);
        }
        return written;
    }

    /** The entry as JSON with the fields that a user changes for one log plugin; the others do not see them. */
    public static Buffer json(Completion completion, CustomFields custom) {
        if (custom.isEmpty()) {
            return json(completion);
        }
        Map<String, Object> tree = tree(completion);
        custom.applyTo(tree);
        return JsonWriter.write(tree);
    }

    /** The entry as a tree of JDK types that the caller may change. */
    static Map<String, Object> tree(Completion completion) {
        Exchange exchange = completion.exchange();
        Map<String, Object> entry = new LinkedHashMap<>(40);
        entry.put("request", request(completion));
        entry.put("response", response(completion));
        entry.put("latencies", latencies(completion.timings()));
        List<Attempt> attempts = completion.attempts();
        if (!attempts.isEmpty()) {
            entry.put("tries", tries(attempts));
        }
        entry.put("upstream_uri", upstreamUri(completion));
        entry.put("upstream_status", upstreamStatus(attempts));
        Route route = exchange.route();
        if (route != null) {
            entry.put("route", route.fields());
        }
        Service service = exchange.service();
        if (service != null) {
            entry.put("service", service.fields());
        }
        Consumer consumer = exchange.consumer();
        if (consumer != null) {
            entry.put("consumer", consumer(consumer));
        }
        Credential credential = exchange.credential();
        if (credential != null) {
            Map<String, Object> entity = new LinkedHashMap<>();
            entity.put("id", credential.id());
            entity.put("consumer_id", credential.consumer().id());
            entry.put("authenticated_entity", entity);
        }
        entry.put("client_ip", exchange.clientAddress());
        entry.put("started_at", exchange.startedAtMillis());
        entry.put("source", completion.source() == ResponseSource.UPSTREAM ? "upstream" : "kong");
        entry.put("workspace", WORKSPACE);
        entry.put("workspace_name", WORKSPACE_NAME);
        Map<String, Object> ai = AiBlock.of(completion.aiCalls(), completion.redaction());
        if (!ai.isEmpty()) {
            entry.put("ai", ai);
        }
        Map<String, Object> gatehouse = new LinkedHashMap<>();
        gatehouse.put("end", completion.outcome().kind().label());
        gatehouse.put("reason", completion.outcome().reason());
        entry.put("gatehouse", gatehouse);
        completion.logFields().forEach((path, value) -> LogFields.set(entry, path, value));
        return entry;
    }

    private static Map<String, Object> request(Completion completion) {
        RequestHead head = completion.exchange().original();
        Redaction redaction = completion.redaction();
        String uri = QueryText.redactedUri(head.uri(), redaction.queryArguments());
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("id", completion.exchange().id());
        request.put("method", head.method().name());
        request.put("uri", uri);
        request.put("url", head.scheme() + "://" + authority(head) + uri);
        request.put("querystring", QueryText.parsed(head.query(), redaction.queryArguments()));
        request.put("headers", headers(head.headers(), redaction.headers()));
        request.put("size", completion.requestBytes());
        Completion.TlsFacts tls = completion.tls();
        if (tls != null) {
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("version", tls.version());
            facts.put("cipher", tls.cipher());
            facts.put("client_verify", "NONE");
            request.put("tls", facts);
        }
        return request;
    }

    /** Host and port as the client addressed them, with the scheme's port where it named none. */
    private static String authority(RequestHead head) {
        String host = head.host();
        int end = host.lastIndexOf(':');
        boolean hasPort = end > host.lastIndexOf(']') && end >= 0;
        return hasPort ? host : host + (head.scheme().equals("https") ? ":443" : ":80");
    }

    private static Map<String, Object> response(Completion completion) {
        Map<String, Object> response = new LinkedHashMap<>();
        response.put("status", completion.status());
        response.put(
                "headers",
                headers(completion.responseHeaders(), completion.redaction().headers()));
        response.put("size", completion.responseBytes());
        return response;
    }

    private static Map<String, Object> headers(MultiMap headers, Set<String> redacted) {
        Map<String, Object> shown = new LinkedHashMap<>();
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            LogFields.addRepeated(shown, name, redacted.contains(name) ? REDACTED : header.getValue());
        }
        return shown;
    }

    private static Map<String, Object> latencies(Timings timings) {
        Map<String, Object> latencies = new LinkedHashMap<>();
        long upstream = timings.upstream();
        latencies.put("request", millis(timings.total()));
        latencies.put("kong", millis(timings.gateway()));
        latencies.put("proxy", upstream < 0 ? -1L : millis(upstream));
        latencies.put("receive", millis(timings.receive()));
        latencies.put("client", millis(timings.client()));
        latencies.put("internal", millis(timings.internal()));
        long others =
                timings.total() - Math.max(0, upstream) - timings.receive() - timings.client() - timings.internal();
        latencies.put("third_party", Map.of("total", millis(others)));
        return latencies;
    }

    private static long millis(long nanos) {
        return Math.max(0, nanos) / NANOS_PER_MILLI;
    }

    private static List<Object> tries(List<Attempt> attempts) {
        List<Object> tries = new ArrayList<>(attempts.size());
        for (int i = 0; i < attempts.size(); i++) {
            Attempt attempt = attempts.get(i);
            Map<String, Object> one = new LinkedHashMap<>();
            String address = attempt.address();
            if (address != null) {
                one.put("ip", address);
            }
            one.put("port", attempt.port());
            one.put("balancer_start", attempt.startedAtMillis());
            one.put("balancer_start_ns", attempt.startedAtMillis() * NANOS_PER_MILLI);
            long latency = Math.max(0, attempt.connectNanos());
            one.put("balancer_latency", latency / NANOS_PER_MILLI);
            one.put("balancer_latency_ns", latency);
            boolean last = i == attempts.size() - 1;
            if (attempt.failure() != null || !last) {
                one.put("state", attempt.failure() != null ? "failed" : "next");
                one.put("code", statusOf(attempt));
            }
            tries.add(one);
        }
        return tries;
    }

    private static String upstreamUri(Completion completion) {
        List<Attempt> attempts = completion.attempts();
        if (attempts.isEmpty()) {
            return "";
        }
        String uri = attempts.get(attempts.size() - 1).uri();
        return QueryText.redactedUri(
                QueryText.redactedUri(uri, completion.redaction().queryArguments()), UPSTREAM_CREDENTIALS);
    }

    static String redactedUpstreamUri(String uri) {
        return QueryText.redactedUri(uri, UPSTREAM_CREDENTIALS);
    }

    /** Statuses of all attempts, as nginx writes them: {@code 500, 200}. */
    private static String upstreamStatus(List<Attempt> attempts) {
        if (attempts.isEmpty()) {
            return "";
        }
        if (attempts.size() == 1) {
            return Integer.toString(statusOf(attempts.get(0)));
        }
        StringBuilder statuses = new StringBuilder();
        for (int i = 0; i < attempts.size(); i++) {
            statuses.append(i == 0 ? "" : ", ").append(statusOf(attempts.get(i)));
        }
        return statuses.toString();
    }

    /** The status, or what nginx counts an attempt without one as. */
    private static int statusOf(Attempt attempt) {
        if (attempt.status() != 0) {
            return attempt.status();
        }
        Failure failure = attempt.failure();
        boolean late = failure != null
                && (failure.kind() == FailureKind.TIMEOUT || failure.kind() == FailureKind.CONNECT_TIMEOUT);
        return late ? 504 : 502;
    }

    private static Map<String, Object> consumer(Consumer consumer) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("id", consumer.id());
        if (consumer.username() != null) {
            shown.put("username", consumer.username());
        }
        if (consumer.customId() != null) {
            shown.put("custom_id", consumer.customId());
        }
        if (!consumer.tags().isEmpty()) {
            shown.put("tags", consumer.tags());
        }
        return shown;
    }
}
