package io.gatehouse.core.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ScrapeTest {
    private static final String PAGE = """
            # HELP kong_ai_llm_requests_total AI requests
            # TYPE kong_ai_llm_requests_total counter
            kong_ai_llm_requests_total{ai_provider="openai",ai_model="gpt-4.1",workspace="default"} 5
            kong_ai_llm_requests_total{ai_provider="mistral",ai_model="a \\"b\\\\c\\n",workspace="default"} 4 1750768729300

            kong_datastore_reachable 1
            kong_bucket{le="+Inf"} +Inf
            """;

    @Test
    void readsNamesLabelsAndValues() {
        Scrape scrape = Scrape.parse(PAGE);

        assertThat(scrape.samples()).hasSize(4);
        assertThat(scrape.samples().get(0).labels())
                .containsExactly(
                        Map.entry("ai_provider", "openai"),
                        Map.entry("ai_model", "gpt-4.1"),
                        Map.entry("workspace", "default"));
        assertThat(scrape.samples().get(1).label("ai_model")).isEqualTo("a \"b\\c\n");
        assertThat(scrape.samples().get(1).value()).isEqualTo("4");
        assertThat(scrape.samples().get(2).labels()).isEmpty();
        assertThat(scrape.samples().get(3).number()).isPositive().isInfinite();
    }

    @Test
    void sumsTheSamplesWhoseLabelsFit() {
        Scrape scrape = Scrape.parse(PAGE);

        assertThat(scrape.sum("kong_ai_llm_requests_total", Map.of())).isEqualTo(9);
        assertThat(scrape.sum("kong_ai_llm_requests_total", Map.of("ai_provider", "openai")))
                .isEqualTo(5);
        assertThat(scrape.sum("kong_ai_llm_requests_total", Map.of("ai_provider", "azure")))
                .isZero();
    }

    @Test
    void refusesALineThatIsNoSample() {
        assertThatThrownBy(() -> Scrape.parse("what")).hasMessage("not a sample: what");
        assertThatThrownBy(() -> Scrape.parse("a{b} 1")).hasMessage("not a sample: a{b} 1");
    }
}
