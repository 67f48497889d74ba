package io.gatehouse.plugins.logging;

import io.gatehouse.api.Redaction;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.api.ai.TokenUsage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code ai} part of a log entry: by namespace, what is known of the LLM calls whose plugin has statistics or payloads
 * on. Of several calls in one namespace the last one stands in Kong's place, the others before it under {@code
 * earlier_calls}.
 */
final class AiBlock {
    private AiBlock() {}

    static Map<String, Object> of(List<AiCall> calls, Redaction redaction) {
        Map<String, Object> block = new LinkedHashMap<>();
        for (int i = 0; i < calls.size(); i++) {
            AiCall call = calls.get(i);
            Map<String, Object> shown = call(call, redaction);
            if (shown.isEmpty()) {
                continue;
            }
            Object earlier = block.put(call.namespace(), shown);
            if (earlier instanceof Map<?, ?> one) {
                List<Object> list = new ArrayList<>();
                if (one.remove("earlier_calls") instanceof List<?> before) {
                    list.addAll(before);
                }
                list.add(one);
                shown.put("earlier_calls", list);
            }
        }
        return block;
    }

    private static Map<String, Object> call(AiCall call, Redaction redaction) {
        Map<String, Object> shown = new LinkedHashMap<>();
        if (call.statistics()) {
            shown.put("meta", meta(call));
            TokenUsage usage = call.usage();
            if (usage != null) {
                shown.put("usage", usage(call, usage));
            }
        }
        String request = call.requestPayload();
        String response = call.responsePayload();
        if (request != null || response != null) {
            Map<String, Object> payload = new LinkedHashMap<>();
            boolean cut = call.payloadTruncated();
            cut |= put(payload, "request", request, redaction);
            cut |= put(payload, "response", response, redaction);
            if (cut) {
                payload.put("truncated", true);
            }
            shown.put("payload", payload);
        }
        if (!call.triedTargets().isEmpty() && !shown.isEmpty()) {
            List<Object> targets = new ArrayList<>(call.triedTargets().size());
            for (AiTarget target : call.triedTargets()) {
                targets.add(target(target));
            }
            shown.put("tried_targets", targets);
        }
        return shown;
    }

    /** Puts a payload without credentials; says whether it was cut. */
    private static boolean put(Map<String, Object> payload, String name, @Nullable String text, Redaction redaction) {
        if (text == null) {
            return false;
        }
        PayloadText shown = PayloadText.of(text, redaction.bodyFields(), name.equals("request"));
        payload.put(name, shown.text());
        return shown.cut();
    }

    private static Map<String, Object> meta(AiCall call) {
        Map<String, Object> meta = new LinkedHashMap<>();
        meta.put("plugin_id", call.pluginId());
        meta.put("provider_name", call.provider());
        meta.put("request_model", call.requestModel());
        String responseModel = call.responseModel();
        meta.put("response_model", responseModel != null ? responseModel : call.requestModel());
        meta.put("request_mode", call.mode());
        if (call.latencyMillis() >= 0) {
            meta.put("llm_latency", call.latencyMillis());
        }
        return meta;
    }

    private static Map<String, Object> usage(AiCall call, TokenUsage usage) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("prompt_tokens", usage.prompt());
        shown.put("completion_tokens", usage.completion());
        shown.put("total_tokens", usage.total());
        shown.put("prompt_tokens_details", usage.promptDetails());
        shown.put("completion_tokens_details", usage.completionDetails());
        if (usage.inputOutput()) {
            shown.put("input_tokens", usage.prompt());
            shown.put("output_tokens", usage.completion());
            shown.put("input_tokens_details", usage.promptDetails());
            shown.put("output_tokens_details", usage.completionDetails());
        }
        shown.put("cost", plain(call.cost()));
        if (call.latencyMillis() >= 0) {
            shown.put("time_per_token", plain(call.timePerTokenMillis()));
        }
        if (call.timeToFirstTokenMillis() >= 0) {
            shown.put("time_to_first_token", call.timeToFirstTokenMillis());
        }
        shown.put("provenance", usage.provenance().label());
        return shown;
    }

    /** A whole number without fraction, as Kong's JSON has it; 0 for what is none. */
    private static Object plain(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return 0L;
        }
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? (Object) (long) value : (Object) value;
    }

    private static Map<String, Object> target(AiTarget target) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("provider", target.provider());
        shown.put("model", target.model());
        shown.put("route_type", target.routeType());
        shown.put("host", target.host());
        if (target.ip() != null) {
            shown.put("ip", target.ip());
        }
        shown.put("port", target.port());
        shown.put("upstream_scheme", target.scheme());
        shown.put("upstream_uri", LogEntry.redactedUpstreamUri(target.uri()));
        return shown;
    }
}
