using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>
/// Traces by hand. By default d0 and d1 share g0 and d2 is alone in g1, all behind one instance of the driver
/// "fake"; #1 is its blocked and #2 its identity domain, #3 and #4 are the default domains of g0 and g1.
/// </summary>
internal sealed partial class RuleBench
{
    public static readonly DomainId Blocked = new(1);
    public static readonly DomainId Identity = new(2);
    public static readonly DomainId Default = new(3);
    public static readonly DomainId OtherDefault = new(4);

    /// <summary>First domain a user may have allocated.</summary>
    public static readonly DomainId User = new(5);

    private readonly Trace trace = new();
    private readonly RuleSet rules;
    private readonly List<Violation> violations = [];
    private readonly Dictionary<int, Record> records = [];
    private readonly SortedDictionary<int, int> groupOf = [];
    private readonly List<(Command Command, TraceEvent[] Events)> recorded = [];
    private int shown;
    private int commands;
    private Command command;

    public RuleBench(string era = "v7.2", BenchSetting? setting = null)
    {
        Setting = setting ?? new BenchSetting();
        var profile = Setting.Profile;
        rules = new RuleSet(new RuleContext(
            Eras.Find(era)!,
            Setting.Topology,
            instance => profile with { Driver = Setting.DriverOf(instance) }));
    }

    public BenchSetting Setting { get; }

    public RuleSet Rules => rules;

    public IReadOnlyList<Violation> Violations => violations;

    public bool Breaks(int rule) => violations.Exists(v => v.Rule.Number == rule);

    /// <summary>How often the premise of a rule held; -1 when the era does not promise it.</summary>
    public long Exercised(int rule) =>
        rules.Rules.FirstOrDefault(r => r.Info.Id.Number == rule)?.Exercised ?? -1;

    // ---- raw events ----

    public RuleBench Begin(Op op, int a = 0, int b = 0, ulong iova = 0, ulong size = 0, uint extra = 0)
    {
        Record();
        trace.Clear();
        shown = 0;
        command = new Command(op, a, b, iova, 0, size, extra);
        rules.Begin(command);
        trace.Add(EventKind.CommandBegin).A = (ulong)commands++;
        return Show();
    }

    public RuleBench End(Errno errno = Errno.OK, bool noOp = false)
    {
        ref var e = ref trace.Add(EventKind.CommandEnd);
        e.Errno = errno;
        e.Flag = noOp;
        return Show();
    }

    /// <summary>Any event; <paramref name="fill"/> sets its fields.</summary>
    public RuleBench Event(EventKind kind, EventFill fill)
    {
        fill(ref trace.Add(kind));
        return Show();
    }

    public RuleBench OfDevice(EventKind kind, int device, bool flag = false, Errno errno = Errno.OK) =>
        Event(kind, (ref TraceEvent e) => (e.Device, e.Flag, e.Errno) = ((short)device, flag, errno));

    public RuleBench OfDomain(EventKind kind, DomainId domain, bool flag = false) =>
        Event(kind, (ref TraceEvent e) => (e.Domain, e.Flag) = (domain, flag));

    public RuleBench Alloc(DomainId domain, DomainType type, int device = 0) =>
        Event(EventKind.DomainAlloc, (ref TraceEvent e) =>
            (e.Domain, e.Type, e.Device) = (domain, type, (short)device));

    public RuleBench Static(DomainId domain, DomainType type, int instance = 0) =>
        Event(EventKind.StaticDomain, (ref TraceEvent e) =>
            (e.Domain, e.Type, e.A) = (domain, type, (ulong)instance));

    public RuleBench Join(int device, int group)
    {
        groupOf[device] = group;
        return Event(EventKind.GroupJoin, (ref TraceEvent e) =>
            (e.Device, e.Group) = ((short)device, (short)group));
    }

    public RuleBench Leave(int device, int group)
    {
        groupOf.Remove(device);
        return Event(EventKind.GroupLeave, (ref TraceEvent e) =>
            (e.Device, e.Group) = ((short)device, (short)group));
    }

    public RuleBench Attach(
        int device,
        DomainId domain,
        Errno errno = Errno.OK,
        DomainId old = default,
        DomainType? type = null) =>
        Event(EventKind.AttachDev, (ref TraceEvent e) =>
        {
            (e.Device, e.Domain, e.Errno, e.Old) = ((short)device, domain, errno, old);
            e.Type = type ?? rules.Context.Ledger.Domain(domain)?.Type ?? DomainType.Unmanaged;
            e.Flag = rules.Context.Order >= EraOrder.V6_19;
        });

    public RuleBench SetPasid(
        int device, uint pasid, DomainId domain, DomainId old = default, Errno errno = Errno.OK) =>
        Event(EventKind.SetDevPasid, (ref TraceEvent e) =>
            (e.Device, e.A, e.Domain, e.Old, e.Errno) = ((short)device, pasid, domain, old, errno));

    public RuleBench SetBegin(int group, DomainId target, bool must = false) =>
        Event(EventKind.SetDomainBegin, (ref TraceEvent e) =>
            (e.Group, e.Domain, e.Old, e.Flag) = ((short)group, target, records[group].Domain, must));

    public RuleBench SetEnd(int group, DomainId target, bool must = false, Errno errno = Errno.OK) =>
        Event(EventKind.SetDomainEnd, (ref TraceEvent e) => (e.Group, e.Domain, e.Old, e.Flag, e.Errno) =
            ((short)group, target, records[group].Domain, must, errno));

    /// <summary>The record of a group with some fields changed.</summary>
    public RuleBench Note(int group, Func<Record, Record> change)
    {
        var record = change(records.GetValueOrDefault(group));
        records[group] = record;
        return Event(EventKind.GroupRecord, (ref TraceEvent e) =>
        {
            (e.Group, e.Domain, e.Old) = ((short)group, record.Domain, record.Default);
            (e.A, e.B, e.C) = ((ulong)record.Blocking.Serial, (ulong)record.Owner, (ulong)record.Count);
        });
    }

    public RuleBench Warn(WarnCode code, int group = 0) =>
        Event(EventKind.Warn, (ref TraceEvent e) => (e.A, e.Group) = ((ulong)code, (short)group));

    /// <summary>A device access; <paramref name="at"/> is where it lands, null when it is refused.</summary>
    public RuleBench Dma(int device, ulong iova, ulong? at, bool write = false, uint pasid = 0) =>
        Event(EventKind.Dma, (ref TraceEvent e) =>
        {
            (e.Device, e.A, e.Flag, e.B, e.E) = ((short)device, iova, at is not null, at ?? 0, pasid);
            e.Extra = (byte)(write ? DmaAccess.Write : DmaAccess.Read);
        });

    /// <summary>All commands so far with their events, for showing them again.</summary>
    public IReadOnlyList<(Command Command, TraceEvent[] Events)> Recorded()
    {
        Record();
        trace.Clear();
        shown = 0;
        return recorded;
    }

    private void Record()
    {
        if (trace.Count > 0)
        {
            recorded.Add((command, trace.Events.ToArray()));
        }
    }

    /// <summary>Devices of a group, ascending.</summary>
    private int[] Members(int group) =>
        [.. groupOf.Where(pair => pair.Value == group).Select(pair => pair.Key)];

    private RuleBench Show()
    {
        rules.Observe(trace.Events, shown);
        shown = trace.Count;
        violations.AddRange(rules.Violations);
        rules.ClearViolations();
        return this;
    }
}

/// <summary>Sets the fields of an event.</summary>
internal delegate void EventFill(ref TraceEvent e);

/// <summary>What a group's record says.</summary>
internal readonly record struct Record(
    DomainId Domain, DomainId Default, DomainId Blocking, int Owner, int Count);
