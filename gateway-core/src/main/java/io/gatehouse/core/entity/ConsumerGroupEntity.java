package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;

/** A group of consumers, which plugins can be limited to. */
@Doc("A group of consumers. `consumers` may list its members.")
public record ConsumerGroupEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("What plugins and consumers call it.") String name,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static void check(ConsumerGroupEntity group, Report report) {
        report.each("name", Checks::name);
    }
}
