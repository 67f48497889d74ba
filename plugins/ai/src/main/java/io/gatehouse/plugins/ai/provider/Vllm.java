package io.gatehouse.plugins.ai.provider;

/** A vLLM server. */
public final class Vllm extends OpenAiFormat {
    /** For the service loader. */
    public Vllm() {
        super("vllm", null);
    }

    @Override
    boolean completesUpstreamUrl() {
        return true;
    }
}
