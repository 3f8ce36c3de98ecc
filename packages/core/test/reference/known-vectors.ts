/** What torchao makes of one weight of [2, 32] on an x86 CPU. All bytes as hex, little-endian, row-major. */
export interface KnownVectors {
  readonly weight: string;
  readonly vectors: readonly KnownVector[];
}

export interface KnownVector {
  readonly name: string;
  /** Codes. */
  readonly q: string;
  /** Scales. */
  readonly s: string;
  /** Zero points; absent where all are zero. */
  readonly zp?: string;
}

export const F32_VECTORS: KnownVectors = {
  weight:
    '000048bf0000d0be0000903f000020c0000070be00004c40000052c00000e03d0000b03f000070bf0000883f00006bc0000070bf00003d40000014bf000000000000de3f0000d8bf0000483f00008d400000eebf0000a03e0000b0bf0000a8be0000f03f00002ac00000903e00008c400000c0be0000d03e00001640000060bf0000e63f000076c00000e0be0000043f000078bf0000903e00002c400000d2bf0000c03f0000a8c0000030be0000503f0000e4bf000080bd00003440000028c000007c3f0000383f000010bf0000643f000034c0000020bf00002e40000075c00000003d00009c3f000096bf0000403f000075400000b4bf00001a40000028bf',
  vectors: [
    {
      name: 'int8 row',
      q: 'e9f421b8f95ca10328e51f96e555ef0032cf177fca09d8f736b3087ff50c44e72ca3f50de80741d82481fc14d5fe44c01811f216bcf142a3011ee4125dde3af0',
      s: '8e8d0d3da9a8283d',
      zp: '0000',
    },
    {
      name: 'int8 row asym',
      q: 'dbe718a5ed598cf71fd61680d651e2f42bbf0d7fb9fec9ea2fa0fd7ee8013ed845a70721f81b5ee53d800e2ae11162c92f27032cc4015fa71435f2287feb5701',
      s: 'c2c1013dd2d1113d',
      zp: 'f413',
    },
    {
      name: 'int8 tensor',
      q: 'edf61bc3fa4db00321e91aa7e948f2002ad7136bd308dff82ebf076af70a39eb2ca3f50de80741d82481fc14d5fe44c01811f216bcf142a3011ee4125dde3af0',
      s: 'a9a8283d',
    },
    {
      name: 'int8 group8',
      q: 'e2f02c9ff77c800430df2580df67ec0032cf177fca09d8f737b3087ff50c44e63c81f111e00959ca2481fc14d5fe44c02118ed1ea2eb5b800129d9197fd150ea',
      s: 'd3d2d23cecebeb3c8e8d0d3d8d8c0c3df7f6f63ca9a8283df6f5f53cf6f5f53c',
    },
    {
      name: 'intx int4 SYMMETRIC',
      q: 'feff02fb0007f90003fe02f8fe06ff0003fd0107fd01feff03fb0007ff0104ff03fbff01ff0004fe02f80001fd0004fc0201ff02faff05f90002fe0107fd05ff',
      s: 'abaafa3e6666163f3333333fabaa023f',
      zp: '00000000',
    },
    {
      name: 'intx int4 SYMMETRIC_NO_CLIPPING_ERR',
      q: 'feff02fbff07f90003fe02f8fe06ff0003fd0107fd00feff03fc0007ff0104ff03faff01ff0004fe02f80001fd0004fc0201ff02fbff05f90002fe0107fd04ff',
      s: '0000eb3e9224213f0000283f00000c3f',
      zp: '00000000',
    },
    {
      name: 'intx int4 ASYMMETRIC',
      q: 'feff02fbff07f90003fe02f8fe06ff0002fa0007fafffbfd02f8ff07fdff03fc05fb0103000307ff05f80204ff0207fd0100fe01f9fe04f8ff01fd0006fc04fe',
      s: '2222ea3e1111f13e9a99093fabaa023f',
      zp: '00fe02ff',
    },
    {
      name: 'intx int8 SYMMETRIC',
      q: 'e5f227a9f86f8e0430df2580df67ec0032cf177fca09d8f736b3087ff50c44e72ca3f50de80741d82481fc14d5fe44c02118ed1ea2eb5b800129d9197fd150ea',
      s: 'ecebeb3c8e8d0d3da9a8283df6f5f53c',
      zp: '00000000',
    },
    {
      name: 'intx int8 SYMMETRIC_NO_CLIPPING_ERR',
      q: 'e5f227a9f86f8e0430df2580df67ec0032cf177fca09d8f736b3087ef50c44e72ca2f50de80742d82580fc14d5fe45c02118ed1ea3eb5a810128d9197fd150ea',
      s: '0000eb3c381c0e3d0000283ddcedf63c',
      zp: '00000000',
    },
    {
      name: 'intx int8 ASYMMETRIC',
      q: 'ecfa33ac007f8f0d3ce63080e677f4091fa3fc7f9debaed42480ea7ed2ef35c05fac1836072f7bf255802140ee247fd32118ed1ea2eb5b800129d9197fd150ea',
      s: '5c5cdc3ce3e2e23c8281013df6f5f53c',
      zp: '09e02600',
    },
    {
      name: 'intx int4 hqq',
      q: 'feff02fb0007f90003fe02f8fe06ff0003fd0107fd01feff03fc0007ff0104ff03faff01ff0004fe02f80001fd0004fc0201ff02faff06f80003fe0207fd05ff',
      s: '753af13e5d341e3f17b8283f0821f93e',
    },
    {
      name: 'int4 zp',
      q: 'feb27009e3826e0fa17feadb827efdc3b53120f785312ed7111eea85201dd7e4',
      s: '2222ea3e9a99093f1111f13eabaa023f',
      zp: '00de5dbc303373bf22228e3fb0aa823e',
    },
  ],
};

export const BF16_VECTORS: KnownVectors = {
  weight:
    '48bfd0be903f20c070be4c4052c0e03db03f70bf883f6bc070bf3d4014bf0000de3fd8bf483f8d40eebfa03eb0bfa8bef03f2ac0903e8c40c0bed03e164060bfe63f76c0e0be043f78bf903e2c40d2bfc03fa8c030be503fe4bf80bd344028c07c3f383f10bf643f34c020bf2e4075c0003d9c3f96bf403f7540b4bf1a4028bf',
  vectors: [
    {
      name: 'int8 row',
      q: 'e9f420b8f95ca10328e51f96e555ef0032cf177fca09d8f736b3087ef50c44e72ca3f50ce90741d82481fc14d5fe44c01811f216bcf142a3011ee4125dde3af0',
      s: '00000e3d0000293d',
      zp: '0000',
    },
    {
      name: 'int8 row asym',
      q: 'dbe717a5ed588df71fd61580d651e2f42bbf0d7fb9fec9ea2fa0fd7ee8013ed845a70721f81b5ee53d800e2ae11162c92f27032cc4015fa81435f2287eec5701',
      s: '0000023d0000123d',
      zp: 'f413',
    },
    {
      name: 'int8 tensor',
      q: 'edf61bc3fa4db00321e91aa7e948f2002ad7136bd308dff82dc0076af70a39eb2ca3f50ce90741d82481fc14d5fe44c01811f216bcf142a3011ee4125dde3af0',
      s: '0000293d',
    },
    {
      name: 'int8 group8',
      q: 'e2f02c9ff77c810430df2581df67ec0032cf177fca09d8f736b3087ff50c44e73c81f111e00959ca2481fc14d5fe44c02118ed1ea2eb5b810129d9197fd150ea',
      s: '0000d33c0000ec3c00000e3d00000d3d0000f73c0000293d0000f63c0000f63c',
    },
    {
      name: 'intx int4 SYMMETRIC',
      q: 'feff02fb0007f90003fe02f8fe06ff0003fd0107fd01feff03fb0007ff0104ff03faff01ff0004fe02f80001fd0004fc0201ff02faff05f90002fe0107fd05ff',
      s: 'fb3e163f333f033f',
      zp: '00000000',
    },
    {
      name: 'intx int4 SYMMETRIC_NO_CLIPPING_ERR',
      q: 'feff02fbff07f90003fe02f8fe06ff0003fd0107fd00feff03fc0007ff0104ff03faff01ff0004fe02f80001fd0004fc0201ff02fbff05f90002fe0107fd04ff',
      s: 'eb3e213f283f0c3f',
      zp: '00000000',
    },
    {
      name: 'intx int4 ASYMMETRIC',
      q: 'feff02fbff07f90003fe02f8fe06ff0002fa0007fafffbfd02f8ff07fdff03fc05fb0103000307ff05f80204ff0207fd0100fe01f9fe04f8ff01fd0006fc04fe',
      s: 'eb3ef13e0a3f033f',
      zp: '00fe02ff',
    },
    {
      name: 'intx int8 SYMMETRIC',
      q: 'e5f227a9f86f8e0430e02580e066ec0032cf167fca09d8f636b4087ef50c44e72ca3f50ce80741d82480fc14d5fe44c02118ed1ea2eb5a800128d9197fd150ea',
      s: 'ec3c0e3d293df63c',
      zp: '00000000',
    },
    {
      name: 'intx int8 SYMMETRIC_NO_CLIPPING_ERR',
      q: 'e5f227a9f86f8e0430e02580e066ec0032cf167fca09d8f636b4087ef50c44e72ca2f50de80742d82480fc14d4fe44c02118ed1ea2eb5a800128d9197fd150ea',
      s: 'eb3c0e3d283df73c',
      zp: '00000000',
    },
    {
      name: 'intx int8 ASYMMETRIC',
      q: 'ebf932acff7e8e0c3be52f80e576f3081ea3fc7f9debaed42480ea7ed2ef34c05dac1735072e79f15480203fed237dd32118ed1ea2eb5a800128d9197fd150ea',
      s: 'dd3ce33c023df63c',
      zp: '08e02500',
    },
    {
      name: 'intx int4 hqq',
      q: 'feff02fb0007f90003fe02f8fe06ff0003fd0107fd01feff03fc0007ff0104ff03faff01ff0004fe02f80001fd0004fc0201ff02faff06f80003fe0207fd05ff',
      s: 'f13e1e3f293ff93e',
    },
    {
      name: 'int4 zp',
      q: 'feb27009e3826e0fa17feadb827efdc3b53120f785312ed7111eea85201dd7e4',
      s: 'ea3e0a3ff13e033f',
      zp: '5ebc73bf8e3f833e',
    },
  ],
};
