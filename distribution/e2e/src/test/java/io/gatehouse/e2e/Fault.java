package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One case of the fault plan: an upstream that does something wrong, and what must be seen of it on every side. It has a
 * server, a service and a route of its own; the route's path and name are {@link #id}.
 */
final class Fault {
    /** The key that the gateway holds for every LLM here; it must not be in anything that anybody else gets to see. */
    static final String KEY = "sk-canary-5b0a4c";

    static final String CHAT = "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}";
    static final String STREAM =
            "{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}";

    private final int row;
    private final String what;
    private final FaultServer server;
    private boolean llm;
    private String request = "";
    private String scheme = "http";
    private String host = "127.0.0.1";
    private int retries;
    private int patience = 20_000;
    private Function<Random, ServerScript> script =
            random -> ServerScript.builder().reset().build();
    private @Nullable Consumer<FaultServer> before;
    private Consumer<Wire.Answer> sees = answer -> {};
    private Consumer<JsonNode> logs = entry -> {};
    private int code;
    private String end = "sent";
    private String reason = "";
    private int tries = 1;
    private int requestsSeen = 1;
    private int requests = 16;
    private long usageMissing;

    private Fault(int row, String what) {
        this.row = row;
        this.what = what;
        this.server = FaultServer.builder().seed(Effort.seed()).start(ServerScript.resetting());
    }

    /** @param row its number in the plan */
    static Fault row(int row, String what) {
        return new Fault(row, what).get();
    }

    // ---- what is sent where

    Fault get() {
        request = "GET";
        return this;
    }

    Fault post() {
        request = "POST";
        return this;
    }

    /** A chat request, to a route with ai-proxy-advanced. */
    Fault chat() {
        llm = true;
        request = CHAT.formatted(id());
        return this;
    }

    /** A chat request that asks for a stream. */
    Fault stream() {
        llm = true;
        request = STREAM.formatted(id());
        return this;
    }

    /** Over TLS. */
    Fault tls(String name) {
        scheme = "https";
        host = name;
        return this;
    }

    /** Retries of the service. */
    Fault retries(int count) {
        retries = count;
        return this;
    }

    /** For what never comes: the gateway waits a second for it, and not as long as a busy machine may need. */
    Fault impatient() {
        patience = 1000;
        return this;
    }

    /** As {@link #impatient}, but what comes before that must have the time to come. */
    Fault impatientLater() {
        patience = 5000;
        return this;
    }

    // ---- what goes wrong

    Fault script(ServerScript.Builder steps) {
        ServerScript built = steps.build();
        script = random -> built;
        return this;
    }

    /** A script that differs from request to request. */
    Fault script(Function<Random, ServerScript.Builder> steps) {
        script = random -> steps.apply(random).build();
        return this;
    }

    /** How many requests are sent. */
    Fault times(int count) {
        requests = count;
        return this;
    }

    /** What is done to the server before all requests. */
    Fault before(Consumer<FaultServer> action) {
        before = action;
        return this;
    }

    // ---- what is seen of it

    /** The client gets a whole answer of this status. */
    Fault answers(int status) {
        code = status;
        return sees(answer -> {
            if (answer.status() != status || answer.end() != Wire.End.WHOLE) {
                throw new AssertionError("the client saw " + answer + " (expected: a whole " + status + ")");
            }
        });
    }

    /** The client gets the head of an answer, and then not all of it. */
    Fault breaksOff(int status) {
        code = status;
        return sees(answer -> {
            boolean broken = answer.end() == Wire.End.RESET || answer.end() == Wire.End.CUT;
            if (answer.status() != status || !broken) {
                throw new AssertionError("the client saw " + answer + " (expected: a " + status + " that breaks off)");
            }
        });
    }

    /** Something more that must be true of the answer. */
    Fault sees(Consumer<Wire.Answer> check) {
        sees = sees.andThen(check);
        return this;
    }

    /** The body contains this text. */
    Fault says(String text) {
        return sees(answer -> {
            if (!answer.text().contains(text)) {
                throw new AssertionError("the client saw " + answer + " (expected: " + text + ")");
            }
        });
    }

    /** How the log says that it ended. */
    Fault ends(String how, String why) {
        end = how;
        reason = why;
        return this;
    }

    /** Something more that must be true of the log entry. */
    Fault logs(Consumer<JsonNode> check) {
        logs = logs.andThen(check);
        return this;
    }

    /** How many attempts the log shows for each request. */
    Fault tries(int count) {
        tries = count;
        return this;
    }

    /** How many requests the server reads for each that a client sends, when that is not one. */
    Fault reaches(int count) {
        requestsSeen = count;
        return this;
    }

    /** Every answer counts as one without usage. */
    Fault lacksUsage() {
        usageMissing = 1;
        return this;
    }

    // ---- for the suite

    int requests() {
        return Effort.times(requests);
    }

    long usageMissing() {
        return usageMissing;
    }

    int row() {
        return row;
    }

    String id() {
        return "fault-" + row + "-" + what.replaceAll("[^A-Za-z0-9]+", "-");
    }

    FaultServer server() {
        return server;
    }

    /** The service with its route, in YAML. */
    String yaml() {
        String url = scheme + "://" + host + ":" + server.port();
        String service = """
                  - name: %1$s
                    url: %2$s/base
                    retries: %3$d
                    connect_timeout: %4$d
                    read_timeout: %4$d
                    write_timeout: %4$d
                    routes:
                      - {name: %1$s, paths: [/%1$s]}
                """.formatted(id(), url, retries, patience);
        return !llm ? service : service + """
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          balancer: {connect_timeout: %4$d, read_timeout: %4$d, write_timeout: %4$d}
                          targets:
                            - route_type: llm/v1/chat
                              model:
                                provider: openai
                                name: %1$s
                                options: {upstream_url: "%2$s/v1/chat/completions"}
                              auth: {header_name: Authorization, header_value: Bearer %3$s}
                              logging: {log_statistics: true}
                """.formatted(id(), url, KEY, patience);
    }

    String request() {
        return switch (request) {
            case "GET" -> Wire.request("GET", "/" + id() + "/x", "");
            case "POST" -> Wire.request("POST", "/" + id() + "/x", "{\"n\":1}");
            default -> Wire.request("POST", "/" + id(), request);
        };
    }

    /** Prepares the server for the requests. */
    void plan(Random random) {
        List<ServerScript> scripts = new ArrayList<>();
        for (int i = 0; i < requests() * tries; i++) {
            scripts.add(script.apply(random));
        }
        server.script(scripts.toArray(new ServerScript[0]));
        Consumer<FaultServer> first = before;
        if (first != null) {
            first.accept(server);
        }
    }

    void check(Wire.Answer answer) {
        sees.accept(answer);
        if (answer.toString().contains(KEY)) {
            throw new AssertionError("the client saw the provider's key: " + answer);
        }
    }

    void check(JsonNode entry) {
        StringBuilder wrong = new StringBuilder();
        differs(wrong, "response.status", entry.at("/response/status").asInt(), code);
        differs(wrong, "gatehouse.end", entry.at("/gatehouse/end").asText(), end);
        if (!reason.isEmpty()) {
            differs(wrong, "gatehouse.reason", entry.at("/gatehouse/reason").asText(), reason);
        }
        differs(wrong, "tries", entry.path("tries").size(), tries);
        if (wrong.length() > 0) {
            throw new AssertionError("log entry: " + wrong + "\n" + entry);
        }
        logs.accept(entry);
    }

    private static void differs(StringBuilder wrong, String what, Object got, Object expected) {
        if (!requireNonNull(got).equals(expected)) {
            wrong.append(what)
                    .append(": ")
                    .append(got)
                    .append(" (expected: ")
                    .append(expected)
                    .append(") ");
        }
    }

    int code() {
        return code;
    }

    /** Who the metrics say has broken off, or an empty text. */
    String abortedBy() {
        return switch (end) {
            case "sent" -> "";
            case "client_gone" -> "client";
            case "upstream_failed" -> "upstream";
            default -> "gateway";
        };
    }

    int requestsSeen() {
        return requestsSeen;
    }

    @Override
    public String toString() {
        return "row " + row + ": " + what;
    }
}
