package com.example.mask;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import java.util.List;

/** What stands under {@code config:} of the plugin. */
@Doc("Masks words in answers while they stream.")
public record MaskConfig(
        @Doc("What nobody is to read.") @Length(min = 1) List<String> words,
        @Doc("What stands there instead.") @Default("***") String mask) {
    /** Copies the words. */
    public MaskConfig {
        words = List.copyOf(words);
    }
}
