package io.gatehouse.core.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.cli.QuickstartCommand.Figures;
import java.util.List;
import org.junit.jupiter.api.Test;

class FiguresTest {
    private static final ChatCalls.Answer OPENAI = new ChatCalls.Answer(200, "openai", "gpt-4.1", 12, 5, 7, 12, "");
    private static final ChatCalls.Answer MISTRAL =
            new ChatCalls.Answer(200, "mistral", "mistral-tiny", 12, 5, 8, 13, "");
    private static final ChatCalls.Answer REFUSED = new ChatCalls.Answer(401, "", "", 12, 0, 0, 0, "no");

    private static final String PAGE = """
            kong_ai_llm_requests_total{ai_provider="openai",ai_model="gpt-4.1"} 1
            kong_ai_llm_requests_total{ai_provider="mistral",ai_model="mistral-tiny"} 1
            kong_ai_llm_tokens_total{ai_provider="openai",ai_model="gpt-4.1",token_type="prompt_tokens"} 5
            kong_ai_llm_tokens_total{ai_provider="openai",ai_model="gpt-4.1",token_type="total_tokens"} 12
            kong_ai_llm_tokens_total{ai_provider="mistral",ai_model="mistral-tiny",token_type="total_tokens"} 13
            """;

    @Test
    void metricsThatSayWhatTheClientSawAreRight() {
        Figures figures = Figures.of(List.of(OPENAI, MISTRAL));

        assertThat(figures.wrongAnswers(2)).isEmpty();
        assertThat(figures.differences(Scrape.parse(PAGE))).isEmpty();
    }

    @Test
    void oneCountTooFewIsNamed() {
        Figures figures = Figures.of(List.of(OPENAI, OPENAI, MISTRAL));

        assertThat(figures.differences(Scrape.parse(PAGE)))
                .containsExactly(
                        "kong_ai_llm_requests_total of openai/gpt-4.1: 1.0 (expected: 2)",
                        "kong_ai_llm_tokens_total of openai/gpt-4.1: 12.0 (expected: 24)");
    }

    @Test
    void aRefusedRequestAndAnUnevenShareAreNamed() {
        assertThat(Figures.of(List.of(OPENAI, OPENAI, MISTRAL, REFUSED)).wrongAnswers(4))
                .containsExactly(
                        "status 200: 3 (expected: 4)",
                        "answers by model: {mistral/mistral-tiny=1, openai/gpt-4.1=2}"
                                + " (expected: half of them from each of the two models)");
    }

    @Test
    void prometheusMustAnswerEachSeriesAndNoOther() {
        Figures figures = Figures.of(List.of(OPENAI, MISTRAL));
        String openai = "{\"metric\":{\"ai_provider\":\"openai\",\"ai_model\":\"gpt-4.1\"},\"value\":[1,\"1\"]}";
        String mistral = "{\"metric\":{\"ai_provider\":\"mistral\",\"ai_model\":\"mistral-tiny\"},\"value\":[1,\"1\"]}";

        assertThat(figures.requestsIn(ChatCalls.json(answer(openai + "," + mistral))))
                .isTrue();
        assertThat(figures.requestsIn(ChatCalls.json(answer(openai)))).isFalse();
        assertThat(figures.requestsIn(ChatCalls.json(answer("")))).isFalse();
        assertThat(figures.requestsIn(ChatCalls.json("not JSON"))).isFalse();
    }

    private static String answer(String series) {
        return "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" + series + "]}}";
    }
}
