package io.gatehouse.core;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/** The allowed directions between rooms. */
@AnalyzeClasses(packages = "io.gatehouse", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final Set<String> VERTX_OF_THE_API = Set.of(
            "io.vertx.core.Future",
            "io.vertx.core.Promise",
            "io.vertx.core.AsyncResult",
            "io.vertx.core.Handler",
            "io.vertx.core.Completable",
            "io.vertx.core.CompositeFuture",
            "io.vertx.core.Expectation",
            "io.vertx.core.buffer.Buffer",
            "io.vertx.core.MultiMap",
            "io.vertx.core.http.HttpMethod");

    private static final DescribedPredicate<JavaClass> NAMED_VERTX =
            new DescribedPredicate<>("is a Vert.x type that the API may name") {
                @Override
                public boolean test(JavaClass type) {
                    return VERTX_OF_THE_API.contains(type.getName().replaceAll("\\$.*", ""));
                }
            };

    @ArchTest
    static final ArchRule theApiNamesOnlyTheJdkSlf4jJspecifyAndTenVertxTypes = classes()
            .that(resideInAPackage("io.gatehouse.api.."))
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("io.gatehouse.api..", "java..", "org.slf4j..", "org.jspecify..", "")
                            .or(NAMED_VERTX));

    @ArchTest
    static final ArchRule theCoreHasNoCircles =
            slices().matching("io.gatehouse.core.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theExchangeKnowsNeitherSnapshotNorUpstream = noClasses()
            .that(resideInAPackage("io.gatehouse.core.exchange.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "io.gatehouse.core.snapshot..",
                    "io.gatehouse.core.upstream..",
                    "io.gatehouse.core.server..",
                    "io.gatehouse.core.routing..",
                    "io.gatehouse.core.config..",
                    "io.gatehouse.core.plugin.."));

    @ArchTest
    static final ArchRule theUpstreamKnowsOnlyTheExchange = noClasses()
            .that(resideInAPackage("io.gatehouse.core.upstream.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "io.gatehouse.core.snapshot..",
                    "io.gatehouse.core.server..",
                    "io.gatehouse.core.routing..",
                    "io.gatehouse.core.config.."));

    @ArchTest
    static final ArchRule nobodyBelowKnowsTheServer = noClasses()
            .that(resideInAPackage("io.gatehouse.core.*..")
                    .and(not(resideInAnyPackage("io.gatehouse.core.server..", "io.gatehouse.core.cli.."))))
            .should()
            .dependOnClassesThat(resideInAPackage("io.gatehouse.core.server.."))
            .allowEmptyShould(false);

    @ArchTest
    static final ArchRule thereIsOneDoorOut = noClasses()
            .that(resideInAPackage("io.gatehouse.core..").and(not(resideInAPackage("io.gatehouse.core.upstream.."))))
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.vertx.core.http.HttpClient")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.vertx.core.http.HttpClientAgent");

    @ArchTest
    static final ArchRule thereIsOneDoorBack = noClasses()
            .that(resideInAPackage("io.gatehouse.core..")
                    .and(not(resideInAnyPackage(
                            "io.gatehouse.core.exchange..",
                            "io.gatehouse.core.admin..",
                            "io.gatehouse.core.service.."))))
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.vertx.core.http.HttpServerResponse");

    @ArchTest
    static final ArchRule theSimulatorKnowsNothingOfOurs = noClasses()
            .that(resideInAPackage("io.gatehouse.simulator.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.gatehouse.core..", "io.gatehouse.api.."));
}
