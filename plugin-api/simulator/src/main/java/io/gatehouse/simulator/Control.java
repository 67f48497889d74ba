package io.gatehouse.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The paths below {@code /__simulator/}. On the event loop of the connection. */
final class Control {
    static final String PREFIX = "/__simulator/";
    static final String DEFAULT_GATE = "default";

    private final LlmSimulator simulator;

    Control(LlmSimulator simulator) {
        this.simulator = simulator;
    }

    void handle(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            String path = String.valueOf(request.path()).substring(PREFIX.length());
            try {
                String answer = answer(request.method().name() + " " + path, request, body);
                if (answer == null) {
                    send(request, 404, error("no such control: " + request.method() + " " + request.path()));
                } else {
                    send(request, 200, answer);
                }
            } catch (IllegalArgumentException e) {
                send(request, 400, error(String.valueOf(e.getMessage())));
            }
        });
    }

    private static String error(String message) {
        return "{\"error\":" + Json.quoted(message) + "}";
    }

    private static void send(HttpServerRequest request, int status, String json) {
        request.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(json);
    }

    private @Nullable String answer(String what, HttpServerRequest request, Buffer body) {
        switch (what) {
            case "GET health" -> {
                return "{\"status\":\"ok\"}";
            }
            case "GET behaviour" -> {
                return behaviours();
            }
            case "POST behaviour" -> {
                set(body);
                return behaviours();
            }
            case "DELETE behaviour" -> {
                simulator.clearBehaviours();
                return behaviours();
            }
            case "GET ledger" -> {
                return ledger(request);
            }
            case "DELETE ledger" -> {
                simulator.ledger().clear();
                return "{\"cleared\":true}";
            }
            case "GET ledger/summary" -> {
                return summary();
            }
            case "POST release" -> {
                Gate gate = simulator.gate(parameter(request, "gate", DEFAULT_GATE));
                gate.release(number(request, "n", 1));
                return gate(gate);
            }
            case "GET gate" -> {
                return gate(simulator.gate(parameter(request, "gate", DEFAULT_GATE)));
            }
            case "DELETE gate" -> {
                Gate gate = simulator.gate(parameter(request, "gate", DEFAULT_GATE));
                gate.close();
                return gate(gate);
            }
            default -> {
                return null;
            }
        }
    }

    private static String gate(Gate gate) {
        return "{\"gate\":" + Json.quoted(gate.name()) + ",\"passed\":" + gate.passed() + ",\"waiting\":"
                + gate.waiting() + "}";
    }

    private static String parameter(HttpServerRequest request, String name, String absent) {
        String value = request.getParam(name);
        return value == null || value.isEmpty() ? absent : value;
    }

    private static int number(HttpServerRequest request, String name, int absent) {
        String value = request.getParam(name);
        try {
            return value == null ? absent : Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: a whole number)", e);
        }
    }

    private void set(Buffer body) {
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(body.toString());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("behaviour: invalid JSON: " + e.getOriginalMessage(), e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw new IllegalArgumentException("behaviour: not a JSON object");
        }
        Scope scope = Scope.all();
        JsonNode host = object.remove("host");
        if (host != null) {
            scope = scope.host(host.asText());
        }
        JsonNode model = object.remove("model");
        if (model != null) {
            scope = scope.model(model.asText());
        }
        JsonNode next = object.remove("next");
        if (next != null) {
            if (!next.isInt()) {
                throw new IllegalArgumentException("next: " + next + " (expected: a whole number)");
            }
            scope = scope.next(next.intValue());
        }
        simulator.behaviour(scope, Behaviour.fromJson(object));
    }

    private String behaviours() {
        ObjectNode out = Json.MAPPER.createObjectNode();
        out.set("global", simulator.rules().global().toNode());
        ArrayNode scoped = out.putArray("scoped");
        for (Rules.Rule rule : simulator.rules().all()) {
            ObjectNode one = rule.behaviour().toNode();
            if (rule.scope().host() != null) {
                one.put("host", rule.scope().host());
            }
            if (rule.scope().model() != null) {
                one.put("model", rule.scope().model());
            }
            if (rule.scope().count() > 0) {
                one.put("next", rule.left().get());
            }
            scoped.add(one);
        }
        return out.toString();
    }

    private String summary() {
        ObjectNode out = Json.MAPPER.createObjectNode();
        ArrayNode rows = out.putArray("hosts");
        for (Map.Entry<Ledger.Key, Ledger.Sums> one :
                simulator.ledger().summary().entrySet()) {
            ObjectNode row = rows.addObject();
            row.put("host", one.getKey().host()).put("model", one.getKey().model());
            sums(row, one.getValue());
        }
        sums(out.putObject("total"), simulator.ledger().total());
        return out.put("open", simulator.ledger().open()).toString();
    }

    private static void sums(ObjectNode row, Ledger.Sums sums) {
        row.put("requests", sums.requests()).put("ended", sums.ended()).put("whole", sums.whole());
        row.put("errors", sums.errors());
        row.put("prompt_tokens", sums.promptTokens()).put("completion_tokens", sums.completionTokens());
        row.put("total_tokens", sums.totalTokens());
        row.put("whole_prompt_tokens", sums.wholePromptTokens());
        row.put("whole_completion_tokens", sums.wholeCompletionTokens());
    }

    private String ledger(HttpServerRequest request) {
        String host = request.getParam("host");
        String model = request.getParam("model");
        String name = host == null ? null : Hosts.name(host);
        List<LedgerRecord> found = simulator
                .ledger()
                .records(record -> (name == null || name.equals(record.host()))
                        && (model == null || model.equals(record.model())));
        int limit = Math.max(0, number(request, "limit", Integer.MAX_VALUE));
        ObjectNode out = Json.MAPPER.createObjectNode();
        ArrayNode records = out.putArray("records");
        for (LedgerRecord one : found.subList(Math.max(0, found.size() - limit), found.size())) {
            record(records.addObject(), one);
        }
        return out.toString();
    }

    private static void record(ObjectNode row, LedgerRecord record) {
        row.put("sequence", record.sequence());
        row.put("time", record.time().toString());
        row.put("host", record.host()).put("method", record.method());
        row.put("path", record.path()).put("query", record.query());
        ArrayNode headers = row.putArray("headers");
        for (Map.Entry<String, String> header : record.headers()) {
            headers.addArray().add(header.getKey()).add(header.getValue());
        }
        row.put("authorization", record.authorization());
        row.put("body", record.bodyText()).put("body_length", record.bodyLength());
        row.put("body_sha256", record.bodySha256());
        row.put("model", record.model()).put("stream", record.stream());
        row.put("status", record.status());
        row.put("prompt_tokens", record.promptTokens()).put("completion_tokens", record.completionTokens());
        row.put("total_tokens", record.totalTokens());
        row.put("bytes_sent", record.bytesSent()).put("events_sent", record.eventsSent());
        row.put("end", record.end().name().toLowerCase(Locale.ROOT)).put("stalled", record.stalled());
        row.put("duration_ms", record.durationMs());
        if (record.peerClosedMs().isPresent()) {
            row.put("peer_closed_ms", record.peerClosedMs().getAsLong());
        } else {
            row.putNull("peer_closed_ms");
        }
    }
}
