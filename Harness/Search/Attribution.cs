using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>
/// Whose finding it is. A scenario may hold instances of a second driver, and what it shows may be that one's
/// fault: then the shrunk scenario does without the driver that was searched.
/// </summary>
public static class Attribution
{
    /// <summary>
    /// The searched driver when the scenario still has an instance of it, else the first driver there.
    /// </summary>
    public static string DriverOf(Scenario scenario, string searched)
    {
        var drivers = scenario.Topology.Instances.Select(i => i.Driver).ToList();
        var isThere = drivers.Contains(searched, StringComparer.Ordinal);
        return isThere || drivers.Count == 0 ? searched : drivers[0];
    }

    /// <summary>
    /// Gives findings to the job of their driver in the same era, which keeps its own of the same rule. They
    /// stay where they were found when the run has no such job.
    /// </summary>
    public static void HandOver(IReadOnlyList<JobResult> jobs)
    {
        foreach (var job in jobs)
        {
            foreach (var finding in job.Findings.Where(f => f.Driver != job.Driver).ToList())
            {
                var owner = jobs.FirstOrDefault(j => j.Driver == finding.Driver && j.Era == job.Era);
                if (owner is null)
                {
                    continue;
                }

                job.Findings.Remove(finding);
                if (!owner.Findings.Exists(f => f.Failure.Rule == finding.Failure.Rule))
                {
                    owner.Findings.Add(finding);
                }
            }
        }
    }
}
