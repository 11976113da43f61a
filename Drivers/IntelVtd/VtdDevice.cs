using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>The driver's record of one device (struct device_domain_info).</summary>
internal sealed class VtdDevice
{
    public VtdDevice(IommuDevice dev, VtdUnit unit, int programmed)
    {
        Dev = dev;
        Unit = unit;
        Sids = [.. dev.Spec.Requesters.Take(programmed).Select(r => (ushort)r.Id.Value)];
        AtsSupported = dev.Spec.Ats && unit.Capabilities.HasDeviceTlb;
        PasidSupported = dev.Spec.MaxPasids > 0 && unit.Capabilities.Pasids > 0;
    }

    public IommuDevice Dev { get; }

    public VtdUnit Unit { get; }

    /// <summary>Source-ids with a context entry: the device's own first, then its DMA aliases.</summary>
    public ushort[] Sids { get; }

    public bool AtsSupported { get; }

    public bool PasidSupported { get; }

    /// <summary>ATS is on in the function.</summary>
    public bool AtsEnabled { get; private set; }

    /// <summary>
    /// Domain attached for requests without PASID; null when blocked, deferred or on static identity.
    /// </summary>
    public VtdPagingDomain? Domain { get; set; }

    /// <summary>Something is attached, static identity included (<c>domain_attached</c>).</summary>
    public bool Attached { get; set; }

    /// <summary>Scalable mode: the PASID directory.</summary>
    public VtdPasidTable? Pasids { get; set; }

    /// <summary>Domain of each PASID; null for identity.</summary>
    public Dictionary<uint, VtdPagingDomain?> PasidDomains { get; } = [];

    /// <summary>Some entry still is the old kernel's.</summary>
    public bool IsCopied
    {
        get
        {
            foreach (var sid in Sids)
            {
                if (Unit.IsCopied(sid))
                {
                    return true;
                }
            }

            return false;
        }
    }

    public void EnableAts() => SetAts(AtsSupported);

    public void DisableAts() => SetAts(on: false);

    private void SetAts(bool on)
    {
        if (AtsEnabled == on)
        {
            return;
        }

        AtsEnabled = on;
        foreach (var sid in Sids)
        {
            Unit.Hardware.SetAts(sid, on);
        }
    }
}
