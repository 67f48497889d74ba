package io.gatehouse.plugins.logging;

import io.gatehouse.api.Redaction;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.api.json.JsonName;
import io.gatehouse.api.json.JsonWriter;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code ai} part of a log entry: by namespace, what is known of the LLM calls whose plugin has statistics or payloads
 * on. Of several calls in one namespace the last one stands in Kong's place, the others before it under {@code
 * earlier_calls}.
 */
final class AiBlock {
    private static final JsonName META = JsonName.of("meta");
    private static final JsonName PLUGIN_ID = JsonName.of("plugin_id");
    private static final JsonName PROVIDER_NAME = JsonName.of("provider_name");
    private static final JsonName REQUEST_MODEL = JsonName.of("request_model");
    private static final JsonName RESPONSE_MODEL = JsonName.of("response_model");
    private static final JsonName REQUEST_MODE = JsonName.of("request_mode");
    private static final JsonName LLM_LATENCY = JsonName.of("llm_latency");
    private static final JsonName USAGE = JsonName.of("usage");
    private static final JsonName PROMPT_TOKENS = JsonName.of("prompt_tokens");
    private static final JsonName COMPLETION_TOKENS = JsonName.of("completion_tokens");
    private static final JsonName TOTAL_TOKENS = JsonName.of("total_tokens");
    private static final JsonName PROMPT_TOKENS_DETAILS = JsonName.of("prompt_tokens_details");
    private static final JsonName COMPLETION_TOKENS_DETAILS = JsonName.of("completion_tokens_details");
    private static final JsonName INPUT_TOKENS = JsonName.of("input_tokens");
    private static final JsonName OUTPUT_TOKENS = JsonName.of("output_tokens");
    private static final JsonName INPUT_TOKENS_DETAILS = JsonName.of("input_tokens_details");
    private static final JsonName OUTPUT_TOKENS_DETAILS = JsonName.of("output_tokens_details");
    private static final JsonName COST = JsonName.of("cost");
    private static final JsonName TIME_PER_TOKEN = JsonName.of("time_per_token");
    private static final JsonName TIME_TO_FIRST_TOKEN = JsonName.of("time_to_first_token");
    private static final JsonName PROVENANCE = JsonName.of("provenance");
    private static final JsonName PAYLOAD = JsonName.of("payload");
    private static final JsonName REQUEST = JsonName.of("request");
    private static final JsonName RESPONSE = JsonName.of("response");
    private static final JsonName TRUNCATED = JsonName.of("truncated");
    private static final JsonName TRIED_TARGETS = JsonName.of("tried_targets");
    private static final JsonName PROVIDER = JsonName.of("provider");
    private static final JsonName MODEL = JsonName.of("model");
    private static final JsonName ROUTE_TYPE = JsonName.of("route_type");
    private static final JsonName HOST = JsonName.of("host");
    private static final JsonName IP = JsonName.of("ip");
    private static final JsonName PORT = JsonName.of("port");
    private static final JsonName UPSTREAM_SCHEME = JsonName.of("upstream_scheme");
    private static final JsonName UPSTREAM_URI = JsonName.of("upstream_uri");
    private static final JsonName EARLIER_CALLS = JsonName.of("earlier_calls");

    private AiBlock() {}

    /** Whether there is something to show. */
    static boolean hasSome(List<AiCall> calls) {
        for (int i = 0; i < calls.size(); i++) {
            if (isShown(calls.get(i))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isShown(AiCall call) {
        return call.statistics() || call.requestPayload() != null || call.responsePayload() != null;
    }

    /** Writes the block as an object. */
    static void write(JsonWriter json, List<AiCall> calls, Redaction redaction) {
        json.beginObject();
        for (int i = 0; i < calls.size(); i++) {
            AiCall first = calls.get(i);
            if (isShown(first) && next(calls, first.namespace(), 0) == i) {
                namespace(json, calls, i, redaction);
            }
        }
        json.endObject();
    }

    private static void namespace(JsonWriter json, List<AiCall> calls, int first, Redaction redaction) {
        String namespace = calls.get(first).namespace();
        int last = first;
        for (int i = first; i >= 0; i = next(calls, namespace, i + 1)) {
            last = i;
        }
        json.name(namespace).beginObject();
        call(json, calls.get(last), redaction);
        if (last != first) {
            json.name(EARLIER_CALLS).beginArray();
            for (int i = first; i != last; i = next(calls, namespace, i + 1)) {
                json.beginObject();
                call(json, calls.get(i), redaction);
                json.endObject();
            }
            json.endArray();
        }
        json.endObject();
    }

    /** The next call of a namespace that is shown, -1 when there is none. */
    private static int next(List<AiCall> calls, String namespace, int from) {
        for (int i = from; i < calls.size(); i++) {
            if (isShown(calls.get(i)) && calls.get(i).namespace().equals(namespace)) {
                return i;
            }
        }
        return -1;
    }

    private static void call(JsonWriter json, AiCall call, Redaction redaction) {
        if (call.statistics()) {
            meta(json, call);
            TokenUsage usage = call.usage();
            if (usage != null) {
                usage(json, call, usage);
            }
        }
        String request = call.requestPayload();
        String response = call.responsePayload();
        if (request != null || response != null) {
            json.name(PAYLOAD).beginObject();
            boolean cut = call.payloadTruncated();
            cut |= payload(json, REQUEST, request, redaction);
            cut |= payload(json, RESPONSE, response, redaction);
            if (cut) {
                json.name(TRUNCATED).value(true);
            }
            json.endObject();
        }
        List<AiTarget> targets = call.triedTargets();
        if (!targets.isEmpty()) {
            json.name(TRIED_TARGETS).beginArray();
            for (int i = 0; i < targets.size(); i++) {
                target(json, targets.get(i));
            }
            json.endArray();
        }
    }

    /** Writes a payload without credentials; says whether it was cut. */
    private static boolean payload(JsonWriter json, JsonName name, @Nullable String text, Redaction redaction) {
        if (text == null) {
            return false;
        }
        PayloadText shown = PayloadText.of(text, redaction.bodyFields(), name == REQUEST);
        json.name(name).value(shown.text());
        return shown.cut();
    }

    private static void meta(JsonWriter json, AiCall call) {
        String responseModel = call.responseModel();
        json.name(META).beginObject();
        json.name(PLUGIN_ID).value(call.pluginId());
        json.name(PROVIDER_NAME).value(call.provider());
        json.name(REQUEST_MODEL).value(call.requestModel());
        json.name(RESPONSE_MODEL).value(responseModel != null ? responseModel : call.requestModel());
        json.name(REQUEST_MODE).value(call.mode());
        if (call.latencyMillis() >= 0) {
            json.name(LLM_LATENCY).value(call.latencyMillis());
        }
        json.endObject();
    }

    private static void usage(JsonWriter json, AiCall call, TokenUsage usage) {
        json.name(USAGE).beginObject();
        json.name(PROMPT_TOKENS).value(usage.prompt());
        json.name(COMPLETION_TOKENS).value(usage.completion());
        json.name(TOTAL_TOKENS).value(usage.total());
        json.name(PROMPT_TOKENS_DETAILS).any(usage.promptDetails());
        json.name(COMPLETION_TOKENS_DETAILS).any(usage.completionDetails());
        if (usage.inputOutput()) {
            json.name(INPUT_TOKENS).value(usage.prompt());
            json.name(OUTPUT_TOKENS).value(usage.completion());
            json.name(INPUT_TOKENS_DETAILS).any(usage.promptDetails());
            json.name(OUTPUT_TOKENS_DETAILS).any(usage.completionDetails());
        }
        plain(json.name(COST), call.cost());
        if (call.latencyMillis() >= 0) {
            plain(json.name(TIME_PER_TOKEN), call.timePerTokenMillis());
        }
        if (call.timeToFirstTokenMillis() >= 0) {
            json.name(TIME_TO_FIRST_TOKEN).value(call.timeToFirstTokenMillis());
        }
        json.name(PROVENANCE).value(usage.provenance().label());
        json.endObject();
    }

    /** A whole number without fraction, as Kong's JSON has it; 0 for what is none. */
    private static void plain(JsonWriter json, double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            json.value(0);
        } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            json.value((long) value);
        } else {
            json.value(value);
        }
    }

    private static void target(JsonWriter json, AiTarget target) {
        json.beginObject();
        json.name(PROVIDER).value(target.provider());
        json.name(MODEL).value(target.model());
        json.name(ROUTE_TYPE).value(target.routeType());
        json.name(HOST).value(target.host());
        if (target.ip() != null) {
            json.name(IP).value(target.ip());
        }
        json.name(PORT).value(target.port());
        json.name(UPSTREAM_SCHEME).value(target.scheme());
        json.name(UPSTREAM_URI).value(QueryText.redactedUri(target.uri(), Set.of()));
        json.endObject();
    }
}
