package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What is known while entities are brought into one form.
 *
 * @param options whose defaults hold
 * @param before3 whether the file has the form of a Kong before 3.0
 * @param pluginConfigs what {@code _config} of plugins refers to
 * @param incomplete whether something could not be read, so that what is missing may well be in it
 * @param sink takes what is wrong
 */
record Preparation(
        LoadOptions options,
        boolean before3,
        Map<String, ConfigNode.Mapping> pluginConfigs,
        boolean incomplete,
        Consumer<Problem> sink) {}
