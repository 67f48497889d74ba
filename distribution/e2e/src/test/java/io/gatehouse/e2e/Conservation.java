package io.gatehouse.e2e;

import io.gatehouse.simulator.Ledger;
import io.gatehouse.simulator.LlmSimulator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must balance whenever nothing is in flight: every request is counted and logged once, every token that a provider
 * reported is in the metrics and in the logs, no thread, descriptor or buffer is left, and the log holds no ERROR but those
 * that a test planted.
 */
final class Conservation {
    /** An exchange is counted and logged right after its last byte went out, so the books may be a moment behind. */
    private static final Duration SETTLED = Duration.ofSeconds(30);

    private static final Map<String, String> PROVIDERS =
            Map.of("api.openai.com", "openai", "api.mistral.ai", "mistral");

    /** Models that a server plays which keeps no ledger: the test that has it counts by itself. */
    private static final String WITHOUT_LEDGER = "openai/fault-";

    private Conservation() {}

    /** Fails with everything that does not balance. */
    static void verify(PackagedGateway gateway) {
        List<String> violations = settled(gateway, SETTLED);
        if (!violations.isEmpty()) {
            throw new AssertionError(
                    gateway.name() + ": the books do not balance:\n  " + String.join("\n  ", violations));
        }
    }

    /** What still does not balance after at most {@code limit}. */
    static List<String> settled(PackagedGateway gateway, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        List<String> violations = violations(gateway);
        while (!violations.isEmpty() && System.nanoTime() < end) {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return violations;
            }
            violations = violations(gateway);
        }
        return violations;
    }

    private static List<String> violations(PackagedGateway gateway) {
        List<String> violations = new ArrayList<>();
        inTheLog(gateway, violations);
        if (gateway.stopped()) {
            return violations;
        }
        if (!gateway.isAlive()) {
            violations.add("the process has ended by itself");
            return violations;
        }
        Metrics metrics = gateway.metrics();
        equal(violations, "gatehouse_exchanges_in_flight", metrics.sum("gatehouse_exchanges_in_flight"), 0);
        long accepted = metrics.sum("gatehouse_requests_total");
        long unmatched = metrics.sum("gatehouse_requests_unmatched_total");
        long matched = accepted - unmatched;
        AccessLog log = gateway.accessLog();
        log.sum();
        long dropped = metrics.sum("gatehouse_log_entries_dropped_total", "plugin", "file-log");
        // the file-log is a global one, which as in Kong sees what no route matched, too
        equal(violations, "file-log lines with a route + dropped", log.routed() + dropped, matched);
        equal(violations, "file-log lines without a route", log.unrouted(), unmatched);
        if (gateway.conserved()) {
            equal(violations, "sum of kong_http_requests_total", metrics.sum("kong_http_requests_total"), matched);
        }
        log.twice().forEach(id -> violations.add("logged twice: " + id));
        tokens(gateway, metrics, log.tokens(), violations);
        gateway.left().forEach(what -> violations.add("left: " + what));
        return violations;
    }

    /** The lines of the log that nobody planted and that should not be there. */
    private static void inTheLog(PackagedGateway gateway, List<String> violations) {
        for (String line : gateway.log().lines().toList()) {
            boolean bad = line.contains(" ERROR ") || line.contains("LEAK");
            if (bad && !gateway.isPlanted(line)) {
                violations.add("in the log: " + line);
            }
        }
    }

    /** Tokens of whole calls exactly; those of cut ones are not above what was sent. */
    private static void tokens(
            PackagedGateway gateway, Metrics metrics, Map<String, long[]> logged, List<String> violations) {
        Map<String, long[]> whole = new TreeMap<>();
        Map<String, long[]> sent = new TreeMap<>();
        for (LlmSimulator simulator : gateway.simulators()) {
            for (Map.Entry<Ledger.Key, Ledger.Sums> line :
                    simulator.ledger().summary().entrySet()) {
                String provider = PROVIDERS.get(line.getKey().host());
                Ledger.Sums sums = line.getValue();
                if (provider != null && sums.totalTokens() > 0) {
                    String model = provider + "/" + line.getKey().model();
                    add(whole, model, sums.wholePromptTokens(), sums.wholeCompletionTokens());
                    add(sent, model, sums.promptTokens(), sums.completionTokens());
                }
            }
        }
        if (gateway.simulators().isEmpty()) {
            return;
        }
        Map<String, long[]> counted = new TreeMap<>();
        for (Metrics.Sample sample : metrics.of("kong_ai_llm_tokens_total")) {
            String model = sample.label("ai_provider") + "/" + sample.label("ai_model");
            switch (sample.label("token_type")) {
                case "prompt_tokens" -> add(counted, model, Math.round(sample.value()), 0);
                case "completion_tokens" -> add(counted, model, 0, Math.round(sample.value()));
                case "total_tokens" -> {}
                default -> violations.add("token_type " + sample.label("token_type"));
            }
        }
        Set<String> models = new TreeSet<>(whole.keySet());
        models.addAll(counted.keySet());
        models.addAll(logged.keySet());
        models.removeIf(model -> model.startsWith(WITHOUT_LEDGER));
        for (String model : models) {
            long[] least = whole.getOrDefault(model, new long[2]);
            long[] most = sent.getOrDefault(model, new long[2]);
            between(violations, "tokens of " + model + " in the metrics", counted, model, least, most);
            between(violations, "tokens of " + model + " in the log", logged, model, least, most);
        }
    }

    private static void add(Map<String, long[]> sums, String model, long prompt, long completion) {
        long[] sum = sums.computeIfAbsent(model, name -> new long[2]);
        sum[0] += prompt;
        sum[1] += completion;
    }

    private static void between(
            List<String> violations, String what, Map<String, long[]> sums, String model, long[] least, long[] most) {
        long[] sum = sums.getOrDefault(model, new long[2]);
        for (int i = 0; i < 2; i++) {
            if (sum[i] < least[i] || sum[i] > most[i]) {
                violations.add(what + ": " + (i == 0 ? "prompt " : "completion ") + sum[i] + " (expected: " + least[i]
                        + (least[i] == most[i] ? "" : " to " + most[i]) + ", as in the ledger)");
            }
        }
    }

    private static void equal(List<String> violations, String what, long got, long expected) {
        if (got != expected) {
            violations.add(what + ": " + got + " (expected: " + expected + ")");
        }
    }
}
