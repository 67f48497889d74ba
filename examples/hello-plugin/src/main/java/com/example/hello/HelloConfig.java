package com.example.hello;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;

/** What stands under {@code config:} in the YAML, with underscores for camel case. */
@Doc("Greets every response.")
public record HelloConfig(
        @Doc("The greeting, sent as the header X-Hello.") @Default("hello") @Length(min = 1, max = 100)
                String greeting) {}
