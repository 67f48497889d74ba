package io.gatehouse.plugins.logging;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.Timings;
import io.gatehouse.api.WireText;
import io.gatehouse.api.json.JsonName;
import io.gatehouse.api.json.JsonWriter;
import io.vertx.core.MultiMap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes entries, one after the other, into the same memory. For one thread. */
final class EntryWriter {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private static final JsonName REQUEST = JsonName.of("request");
    private static final JsonName ID = JsonName.of("id");
    private static final JsonName METHOD = JsonName.of("method");
    private static final JsonName URI = JsonName.of("uri");
    private static final JsonName URL = JsonName.of("url");
    private static final JsonName QUERYSTRING = JsonName.of("querystring");
    private static final JsonName HEADERS = JsonName.of("headers");
    private static final JsonName SIZE = JsonName.of("size");
    private static final JsonName TLS = JsonName.of("tls");
    private static final JsonName VERSION = JsonName.of("version");
    private static final JsonName CIPHER = JsonName.of("cipher");
    private static final JsonName CLIENT_VERIFY = JsonName.of("client_verify");
    private static final JsonName RESPONSE = JsonName.of("response");
    private static final JsonName STATUS = JsonName.of("status");
    private static final JsonName LATENCIES = JsonName.of("latencies");
    private static final JsonName KONG = JsonName.of("kong");
    private static final JsonName PROXY = JsonName.of("proxy");
    private static final JsonName RECEIVE = JsonName.of("receive");
    private static final JsonName CLIENT = JsonName.of("client");
    private static final JsonName INTERNAL = JsonName.of("internal");
    private static final JsonName THIRD_PARTY = JsonName.of("third_party");
    private static final JsonName TOTAL = JsonName.of("total");
    private static final JsonName TRIES = JsonName.of("tries");
    private static final JsonName IP = JsonName.of("ip");
    private static final JsonName PORT = JsonName.of("port");
    private static final JsonName BALANCER_START = JsonName.of("balancer_start");
    private static final JsonName BALANCER_START_NS = JsonName.of("balancer_start_ns");
    private static final JsonName BALANCER_LATENCY = JsonName.of("balancer_latency");
    private static final JsonName BALANCER_LATENCY_NS = JsonName.of("balancer_latency_ns");
    private static final JsonName STATE = JsonName.of("state");
    private static final JsonName CODE = JsonName.of("code");
    private static final JsonName UPSTREAM_URI = JsonName.of("upstream_uri");
    private static final JsonName UPSTREAM_STATUS = JsonName.of("upstream_status");
    private static final JsonName ROUTE = JsonName.of("route");
    private static final JsonName SERVICE = JsonName.of("service");
    private static final JsonName CONSUMER = JsonName.of("consumer");
    private static final JsonName USERNAME = JsonName.of("username");
    private static final JsonName CUSTOM_ID = JsonName.of("custom_id");
    private static final JsonName TAGS = JsonName.of("tags");
    private static final JsonName AUTHENTICATED_ENTITY = JsonName.of("authenticated_entity");
    private static final JsonName CONSUMER_ID = JsonName.of("consumer_id");
    private static final JsonName CLIENT_IP = JsonName.of("client_ip");
    private static final JsonName STARTED_AT = JsonName.of("started_at");
    private static final JsonName SOURCE = JsonName.of("source");
    private static final JsonName WORKSPACE = JsonName.of("workspace");
    private static final JsonName WORKSPACE_NAME = JsonName.of("workspace_name");
    private static final JsonName AI = JsonName.of("ai");
    private static final JsonName GATEHOUSE = JsonName.of("gatehouse");
    private static final JsonName END = JsonName.of("end");
    private static final JsonName REASON = JsonName.of("reason");

    /** The names at the top of an entry. */
    private static final Set<String> TOP = Set.of(
            REQUEST.text(),
            RESPONSE.text(),
            LATENCIES.text(),
            TRIES.text(),
            UPSTREAM_URI.text(),
            UPSTREAM_STATUS.text(),
            ROUTE.text(),
            SERVICE.text(),
            CONSUMER.text(),
            AUTHENTICATED_ENTITY.text(),
            CLIENT_IP.text(),
            STARTED_AT.text(),
            SOURCE.text(),
            WORKSPACE.text(),
            WORKSPACE_NAME.text(),
            AI.text(),
            GATEHOUSE.text());

    /** The id that Kong's own workspace has without a database. */
    private static final String WORKSPACE_ID = "0dc6f45b-8f8d-40d2-a504-473544ee190b";

    /** The workspace's members: there is one workspace. */
    private static final byte[] THE_WORKSPACE = members(new JsonWriter()
            .beginObject()
            .name(WORKSPACE)
            .value(WORKSPACE_ID)
            .name(WORKSPACE_NAME)
            .value("default")
            .endObject());

    private final JsonWriter json = new JsonWriter();
    private final NamedValues named = new NamedValues();

    /** Whether an entry may have a member of this name by itself. */
    static boolean writes(String name) {
        return TOP.contains(name);
    }

    /** The members of an object, without its brackets. */
    static byte[] members(JsonWriter object) {
        byte[] whole = object.toBytes();
        return Arrays.copyOfRange(whole, 1, whole.length - 1);
    }

    /**
     * Writes an entry.
     *
     * @param entities what is kept of entities
     * @param added members to add, with names that an entry does not have by itself
     */
    byte[] write(Completion completion, EntityTexts entities, Map<String, Object> added) {
        Exchange exchange = completion.exchange();
        List<Attempt> attempts = completion.attempts();
        named.clear(); // in case the last entry broke off
        json.reset().beginObject();
        request(completion);
        response(completion);
        latencies(completion.timings());
        if (!attempts.isEmpty()) {
            tries(attempts);
        }
        json.name(UPSTREAM_URI).value(upstreamUri(attempts, completion.redaction()));
        upstreamStatus(attempts);
        entities(exchange, entities);
        json.name(CLIENT_IP).value(exchange.clientAddress());
        json.name(STARTED_AT).value(exchange.startedAtMillis());
        json.name(SOURCE).value(completion.source() == ResponseSource.UPSTREAM ? "upstream" : "kong");
        json.prepared(THE_WORKSPACE);
        if (AiBlock.hasSome(completion.aiCalls())) {
            json.name(AI);
            AiBlock.write(json, completion.aiCalls(), completion.redaction());
        }
        json.name(GATEHOUSE)
                .beginObject()
                .name(END)
                .value(completion.outcome().kind().label())
                .name(REASON)
                .value(completion.outcome().reason())
                .endObject();
        for (Map.Entry<String, Object> member : added.entrySet()) {
            json.name(member.getKey()).any(member.getValue());
        }
        return json.endObject().toBytes();
    }

    private void request(Completion completion) {
        RequestHead head = completion.exchange().original();
        Redaction redaction = completion.redaction();
        String uri = QueryText.redactedUri(head.uri(), redaction.queryArguments());
        json.name(REQUEST).beginObject();
        json.name(ID).value(completion.exchange().id());
        json.name(METHOD).value(head.method().name());
        json.name(URI).value(uri);
        json.name(URL).beginString();
        json.piece(head.scheme()).piece("://").piece(head.host());
        if (!namesPort(head.host())) {
            json.piece(":").piece(Integer.toString(head.port()));
        }
        json.piece(uri).endString();
        json.name(QUERYSTRING);
        QueryText.parse(head.query(), redaction.queryArguments(), named);
        named.writeTo(json);
        headers(head.headers(), redaction.headers());
        json.name(SIZE).value(completion.requestBytes());
        Completion.TlsFacts tls = completion.tls();
        if (tls != null) {
            json.name(TLS).beginObject();
            json.name(VERSION).value(tls.version());
            json.name(CIPHER).value(tls.cipher());
            json.name(CLIENT_VERIFY).value("NONE").endObject();
        }
        json.endObject();
    }

    private static boolean namesPort(String host) {
        int end = host.lastIndexOf(':');
        return end > host.lastIndexOf(']') && end >= 0;
    }

    private void response(Completion completion) {
        json.name(RESPONSE).beginObject().name(STATUS).value(completion.status());
        headers(completion.responseHeaders(), completion.redaction().headers());
        json.name(SIZE).value(completion.responseBytes()).endObject();
    }

    private void headers(MultiMap headers, Set<String> redacted) {
        headers.forEach((sent, value) -> {
            JsonName name = HeaderNames.shown(sent);
            named.add(name, redacted.contains(name.text()) ? LogEntry.REDACTED : WireText.decode(value));
        });
        json.name(HEADERS);
        named.writeTo(json);
    }

    private void latencies(Timings timings) {
        long upstream = timings.upstream();
        json.name(LATENCIES).beginObject();
        json.name(REQUEST).value(millis(timings.total()));
        json.name(KONG).value(millis(timings.gateway()));
        json.name(PROXY).value(upstream < 0 ? -1L : millis(upstream));
        json.name(RECEIVE).value(millis(timings.receive()));
        json.name(CLIENT).value(millis(timings.client()));
        json.name(INTERNAL).value(millis(timings.internal()));
        long others =
                timings.total() - Math.max(0, upstream) - timings.receive() - timings.client() - timings.internal();
        json.name(THIRD_PARTY)
                .beginObject()
                .name(TOTAL)
                .value(millis(others))
                .endObject()
                .endObject();
    }

    private static long millis(long nanos) {
        return Math.max(0, nanos) / NANOS_PER_MILLI;
    }

    private void tries(List<Attempt> attempts) {
        json.name(TRIES).beginArray();
        for (int i = 0; i < attempts.size(); i++) {
            Attempt attempt = attempts.get(i);
            json.beginObject();
            String address = attempt.address();
            if (address != null) {
                json.name(IP).value(address);
            }
            long latency = Math.max(0, attempt.connectNanos());
            json.name(PORT).value(attempt.port());
            json.name(BALANCER_START).value(attempt.startedAtMillis());
            json.name(BALANCER_START_NS).value(attempt.startedAtMillis() * NANOS_PER_MILLI);
            json.name(BALANCER_LATENCY).value(latency / NANOS_PER_MILLI);
            json.name(BALANCER_LATENCY_NS).value(latency);
            if (attempt.failure() != null || i < attempts.size() - 1) {
                json.name(STATE).value(attempt.failure() != null ? "failed" : "next");
                json.name(CODE).value(statusOf(attempt));
            }
            json.endObject();
        }
        json.endArray();
    }

    private static String upstreamUri(List<Attempt> attempts, Redaction redaction) {
        if (attempts.isEmpty()) {
            return "";
        }
        String uri = attempts.get(attempts.size() - 1).uri();
        return QueryText.redactedUri(uri, redaction.queryArguments());
    }

    /** Statuses of all attempts, as nginx writes them: {@code 500, 200}. */
    private void upstreamStatus(List<Attempt> attempts) {
        json.name(UPSTREAM_STATUS).beginString();
        for (int i = 0; i < attempts.size(); i++) {
            json.piece(i == 0 ? "" : ", ").piece(Integer.toString(statusOf(attempts.get(i))));
        }
        json.endString();
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

    private void entities(Exchange exchange, EntityTexts entities) {
        Route route = exchange.route();
        if (route != null) {
            byte[] kept = entities.of(route);
            json.name(ROUTE).prepared(kept != null ? kept : entities.keep(route, text(route.fields())));
        }
        Service service = exchange.service();
        if (service != null) {
            byte[] kept = entities.of(service);
            json.name(SERVICE).prepared(kept != null ? kept : entities.keep(service, text(service.fields())));
        }
        Consumer consumer = exchange.consumer();
        if (consumer != null) {
            byte[] kept = entities.of(consumer);
            json.name(CONSUMER).prepared(kept != null ? kept : entities.keep(consumer, text(consumer)));
        }
        Credential credential = exchange.credential();
        if (credential != null) {
            json.name(AUTHENTICATED_ENTITY).beginObject();
            json.name(ID).value(credential.id());
            json.name(CONSUMER_ID).value(credential.consumer().id()).endObject();
        }
    }

    private static byte[] text(Map<String, Object> fields) {
        return new JsonWriter().any(fields).toBytes();
    }

    private static byte[] text(Consumer consumer) {
        JsonWriter text = new JsonWriter().beginObject().name(ID).value(consumer.id());
        if (consumer.username() != null) {
            text.name(USERNAME).value(consumer.username());
        }
        if (consumer.customId() != null) {
            text.name(CUSTOM_ID).value(consumer.customId());
        }
        if (!consumer.tags().isEmpty()) {
            text.name(TAGS).any(consumer.tags());
        }
        return text.endObject().toBytes();
    }
}
