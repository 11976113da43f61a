using System.Collections.Concurrent;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;

namespace Conformance.Properties.Rows;

/// <summary>One search per driver and era, shared by the rows of its rule families.</summary>
internal static class SearchCache
{
    private static readonly ConcurrentDictionary<(string Driver, string Era), Lazy<JobResult>> Jobs = new();

    public static JobResult Of(string driver, Era era) => Jobs.GetOrAdd(
        (driver, era.Name),
        static (key, found) => new Lazy<JobResult>(() => Search(key.Driver, found)),
        era).Value;

    private static JobResult Search(string driver, Era era)
    {
        var job = new JobResult(driver, era);
        var options = new SearchOptions
        {
            Drivers = [driver],
            Eras = [era],
            Scenarios = SuiteSettings.Scenarios,
            Seed = SuiteSettings.Seed,
            FindingsPerJob = 10,
        };
        new RandomSearch(options).RunJob(job, Subject.Of(era), CancellationToken.None);
        return job;
    }
}
