package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.TokenUsage;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** The price of a call by a model's configured costs, which are per million tokens. Immutable. */
final class Cost {
    private final OptionsConfig options;
    private final long[] above;

    Cost(OptionsConfig options) {
        this.options = options;
        this.above = options.contextWindowFactor().stream()
                .mapToLong(factor -> threshold(factor.above()))
                .toArray();
    }

    /** A number of tokens as users write it; -1 when it is none. */
    static long threshold(String text) {
        try {
            long value = new BigDecimal(text.strip()).longValueExact();
            return value < 0 ? -1 : value;
        } catch (ArithmeticException | NumberFormatException e) {
            return -1;
        }
    }

    /** Whether the provider's service tier changes the price, so that it is worth reading. */
    boolean needsTier() {
        return !options.serviceTierFactor().isEmpty();
    }

    /** The price; 0 unless both costs are configured. */
    double of(TokenUsage usage, @Nullable String tier) {
        Double input = options.inputCost();
        Double output = options.outputCost();
        if (input == null || output == null) {
            return 0;
        }
        double inputFactor = 1;
        double outputFactor = 1;
        long reached = -1;
        for (int i = 0; i < above.length; i++) {
            if (usage.prompt() > above[i] && above[i] > reached) {
                reached = above[i];
                inputFactor = options.contextWindowFactor().get(i).inputFactor();
                outputFactor = options.contextWindowFactor().get(i).outputFactor();
            }
        }
        double readCost = options.cacheReadCost() == null ? input : options.cacheReadCost();
        long read = Math.min(usage.prompt(), usage.promptDetails().getOrDefault("cached_tokens", 0L));
        double price = (usage.prompt() - read) * input * inputFactor
                + read * readCost
                + usage.completion() * output * outputFactor;
        return price / 1_000_000 * tierFactor(tier);
    }

    private double tierFactor(@Nullable String tier) {
        if (tier == null) {
            return 1;
        }
        String reported = Lower.of(tier);
        int longest = 0;
        double factor = 1;
        for (OptionsConfig.ServiceTierFactor candidate : options.serviceTierFactor()) {
            String name = Lower.of(candidate.tier());
            boolean meant = reported.contains(name) || name.equals("priority") && reported.contains("fast");
            if (meant && name.length() > longest) {
                longest = name.length();
                factor = candidate.factor();
            }
        }
        return factor;
    }
}
