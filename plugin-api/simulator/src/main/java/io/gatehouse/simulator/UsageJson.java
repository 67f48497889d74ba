package io.gatehouse.simulator;

/** The usage object in its forms. */
final class UsageJson {
    private UsageJson() {}

    static StringBuilder chat(StringBuilder out, Behaviour.Usage usage, long prompt, long completion) {
        switch (usage) {
            case NULL, OMITTED -> out.append("null");
            case GARBAGE -> out.append("{\"prompt_tokens\":\"many\",\"completion_tokens\":-1,\"total_tokens\":1e30}");
            default ->
                out.append("{\"prompt_tokens\":")
                        .append(prompt)
                        .append(",\"completion_tokens\":")
                        .append(completion)
                        .append(",\"total_tokens\":")
                        .append(prompt + completion)
                        .append(",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0}")
                        .append(",\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,")
                        .append("\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}");
        }
        return out;
    }

    static StringBuilder embedding(StringBuilder out, Behaviour.Usage usage, long prompt) {
        switch (usage) {
            case NULL, OMITTED -> out.append("null");
            case GARBAGE -> out.append("{\"prompt_tokens\":\"many\",\"total_tokens\":1e30}");
            default ->
                out.append("{\"prompt_tokens\":")
                        .append(prompt)
                        .append(",\"total_tokens\":")
                        .append(prompt)
                        .append('}');
        }
        return out;
    }

    static StringBuilder responses(StringBuilder out, Behaviour.Usage usage, long input, long output) {
        switch (usage) {
            case NULL, OMITTED -> out.append("null");
            case GARBAGE -> out.append("{\"input_tokens\":\"many\",\"output_tokens\":-1,\"total_tokens\":1e30}");
            default ->
                out.append("{\"input_tokens\":")
                        .append(input)
                        .append(
                                ",\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0},\"output_tokens\":")
                        .append(output)
                        .append(",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":")
                        .append(input + output)
                        .append('}');
        }
        return out;
    }
}
